import type { Connection } from './connection.ts';
import { StatementFailed } from './failures.ts';
import type { SqlValue } from './values.ts';

const NO_ACTIVE_TRANSACTION = '25P01';
const TRANSACTION_HAD_FAILED = '25P02';

/** The statements of one transaction: one after the other, and none once it is over. */
export class TransactionStatements {
  #last: Promise<unknown> = Promise.resolve();
  #over = false;

  constructor(private readonly connection: Connection) {}

  /** Runs a statement after those that were given before. */
  run(text: TemplateStringsArray, values: readonly SqlValue[]): Promise<readonly object[]> {
    return this.#next(() => this.connection.run(text, values));
  }

  /** Runs a script after the statements that were given before. */
  script(text: string): Promise<void> {
    return this.#next(() => this.connection.script(text));
  }

  /** Takes no more statements; resolves when the last one has ended, however it did. */
  async end(): Promise<void> {
    this.#over = true;
    await this.#last;
  }

  #next<T>(statement: () => Promise<T>): Promise<T> {
    if (this.#over) return Promise.reject(new StatementFailed(NO_ACTIVE_TRANSACTION));
    const result = this.#last.then(statement);
    this.#last = result.catch(() => undefined);
    return result;
  }
}

/**
 * Runs the work inside a transaction of this connection: commits when the work resolves, rolls back when it rejects.
 * Where that cannot be done the connection ends, and PostgreSQL rolls back by itself. A connection that is lost while
 * it commits rejects with DatabaseUnavailable: whether it was done is not known.
 */
export async function inTransaction<T>(
  connection: Connection,
  work: (statements: TransactionStatements) => Promise<T>,
): Promise<T> {
  await connection.command('begin');
  const statements = new TransactionStatements(connection);
  try {
    const result = await work(statements);
    await statements.end();
    const [tag] = await connection.command('commit');
    if (tag !== 'COMMIT') throw new StatementFailed(TRANSACTION_HAD_FAILED);
    return result;
  } catch (error) {
    await statements.end();
    // After a commit that failed there is nothing left to roll back, and PostgreSQL only says so.
    await connection.command('rollback').catch(() => connection.destroy());
    throw error;
  }
}
