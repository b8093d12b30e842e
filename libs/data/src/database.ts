import { parseAddress } from './driver/address.ts';
import { type DatabaseLimits, DEFAULT_LIMITS } from './driver/limits.ts';
import { Pool } from './driver/pool.ts';
import { statementText } from './driver/statement-text.ts';
import { inTransaction } from './driver/transaction.ts';
import type { SqlValue } from './driver/values.ts';

export { AddressInvalid, parseAddress } from './driver/address.ts';
export { ConstraintViolated, DatabaseUnavailable, LoginRefused, StatementFailed } from './driver/failures.ts';
export type { DatabaseLimits } from './driver/limits.ts';
export type { SqlValue } from './driver/values.ts';

/**
 * Runs one statement of fixed text; values become bind parameters, whose types the statement says (`${id}::uuid`).
 *
 * Rows are plain objects: text, uuid and enums are strings, int2, int4 and floats numbers, timestamptz a Date, bytea a
 * Buffer, json its value, arrays of these arrays. int8 and numeric come as strings, date in the process's time zone:
 * cast them. Rejects with DatabaseUnavailable, ConstraintViolated or StatementFailed, none of which holds a value.
 */
export interface Sql {
  <Rows extends readonly object[]>(text: TemplateStringsArray, ...values: readonly SqlValue[]): Promise<Rows>;
}

/** One statement that ran, for metrics and tests. Waiting for a connection is not counted. */
export interface StatementRun {
  /** With $1, $2 … for the values. */
  readonly text: string;
  readonly milliseconds: number;
  readonly outcome: 'ok' | 'error';
}

/** Hears of every statement that ran. Must not throw. */
export type StatementListener = (run: StatementRun) => void;

/** How a Database is opened. */
export interface DatabaseOptions {
  /** `postgres://user:password@host:5432/database?sslmode=…`; see `parseAddress`. */
  readonly url: string;
  /** Connections at most. They are opened when they are needed. */
  readonly poolSize: number;
  readonly applicationName?: string;
  readonly onStatement?: StatementListener;
  /** Bounds that differ from DEFAULT_LIMITS. */
  readonly limits?: Partial<DatabaseLimits>;
}

/** What the work of a transaction is given. Statements run one after the other, and none after the work has ended. */
export interface Transaction {
  readonly sql: Sql;
  /** Runs a text of several statements, without parameters and rows: a migration. Never give it a value. */
  script(text: string): Promise<void>;
}

/** The database as the application sees it. */
export class Database {
  /** Runs a statement by itself, on whichever connection is free. */
  readonly sql: Sql;
  readonly #pool: Pool;
  readonly #listeners = new Set<StatementListener>();

  private constructor({ url, poolSize, applicationName = 'troth', onStatement, limits }: DatabaseOptions) {
    const session = { address: parseAddress(url), applicationName, limits: { ...DEFAULT_LIMITS, ...limits } };
    this.#pool = new Pool(session, poolSize);
    this.sql = tagged((text, values) =>
      this.#pool.use((connection) => this.#timed(text, () => connection.run(text, values))),
    );
    if (onStatement) this.onStatement(onStatement);
  }

  /** Makes the port. Connects when the first statement comes; throws for a URL that cannot be right. */
  static open(options: DatabaseOptions): Database {
    return new Database(options);
  }

  /** Tells the listener of every statement from now on. */
  onStatement(listener: StatementListener): void {
    this.#listeners.add(listener);
  }

  /**
   * Runs the work in a transaction, on a connection of its own: commits when the work resolves, rolls back when it
   * rejects. Only for what neither one statement nor a function in SQL can do; nothing but SQL belongs inside.
   */
  transaction<T>(work: (transaction: Transaction) => Promise<T>): Promise<T> {
    return this.#pool.use((connection) =>
      inTransaction(connection, (statements) =>
        work({
          sql: tagged((text, values) => this.#timed(text, () => statements.run(text, values))),
          script: (text) => statements.script(text),
        }),
      ),
    );
  }

  /** Refuses new statements, waits for those that run, for `closeMs` at most, and ends every connection. */
  close(): Promise<void> {
    return this.#pool.close();
  }

  async #timed<T>(text: TemplateStringsArray, run: () => Promise<T>): Promise<T> {
    if (this.#listeners.size === 0) return run();
    const started = performance.now();
    let outcome: StatementRun['outcome'] = 'error';
    try {
      const result = await run();
      outcome = 'ok';
      return result;
    } finally {
      const milliseconds = performance.now() - started;
      for (const listener of this.#listeners) listener({ text: statementText(text), milliseconds, outcome });
    }
  }
}

function tagged(run: (text: TemplateStringsArray, values: readonly SqlValue[]) => Promise<readonly object[]>): Sql {
  // Only the statement's author knows its rows; what is promised is compared with the schema by a test.
  return <Rows extends readonly object[]>(text: TemplateStringsArray, ...values: readonly SqlValue[]) =>
    run(text, values) as Promise<Rows>;
}
