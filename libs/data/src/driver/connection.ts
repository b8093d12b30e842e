import type { Socket } from 'node:net';

import postgres from 'postgres';

import type { ServerAddress } from './address.ts';
import {
  DatabaseUnavailable,
  failureOf,
  LoginRefused,
  scriptFailureOf,
  spoilsConnection,
  StatementFailed,
} from './failures.ts';
import type { DatabaseLimits } from './limits.ts';
import { openSocket } from './socket.ts';
import { statementText } from './statement-text.ts';
import { DRIVER_TYPES, type SqlValue, writeValue } from './values.ts';

/** Command tags that begin or end a transaction. */
const TRANSACTION_CONTROL = new Set(['BEGIN', 'START TRANSACTION', 'COMMIT', 'ROLLBACK', 'PREPARE TRANSACTION']);
const INVALID_TRANSACTION_TERMINATION = '2D000';

/**
 * For the driver's call that takes a text as it is, which is a constant here: its values travel apart. Called as a tag
 * with spread values, or asked to hand its rows over one by one, the driver would make more closures for each statement.
 */
const PREPARED = { prepare: true, simple: false };

/** What the port tells a server about its connections. */
export interface Session {
  readonly address: ServerAddress;
  readonly applicationName: string;
  readonly limits: DatabaseLimits;
  /** Called while a statement is without a reply for long, every `silenceMs`. */
  readonly onSilence?: () => void;
}

/**
 * One connection for its whole life: a client of postgres.js with one socket, made here, that never connects again. It
 * has one statement at a time, and each one settles: with its reply, with the end of the socket, or at its deadline.
 */
export class Connection {
  readonly #client: postgres.Sql;
  readonly #replyMs: number;
  #giveUp: ((failure: DatabaseUnavailable) => void) | undefined;
  #usable = true;

  private constructor(
    private readonly socket: Socket,
    private readonly session: Session,
  ) {
    const { address, applicationName, limits } = session;
    this.#replyMs = limits.statementMs === 0 ? 0 : limits.statementMs + limits.graceMs;
    // Before the driver's own listeners: they make it ready for the next statement, which it must not get.
    socket.on('close', () => this.destroy('connection_lost'));
    this.#client = postgres(driverOptions(address, sessionSettings(applicationName, limits), socket));
  }

  /** Connects and logs in; rejects with a DatabaseFailure, after `milliseconds` at the latest, or when it is abandoned. */
  static async open(session: Session, milliseconds: number, abandoned?: AbortSignal): Promise<Connection> {
    const deadline = performance.now() + milliseconds;
    const socket = await openSocket(session.address, milliseconds, abandoned).catch((error: unknown) => {
      throw failureOf(error);
    });
    const connection = new Connection(socket, session);
    const abandon = (): void => connection.destroy('closed');
    abandoned?.addEventListener('abort', abandon);
    try {
      if (abandoned?.aborted) throw new DatabaseUnavailable('closed');
      // Fixed text, so that what the driver remembers of a statement that failed does not grow.
      await connection.#settled(connection.#client`select 1`.simple(), Math.max(1, deadline - performance.now()));
      return connection;
    } catch (error) {
      connection.destroy();
      throw error instanceof StatementFailed ? new LoginRefused(error.sqlState) : error;
    } finally {
      abandoned?.removeEventListener('abort', abandon);
    }
  }

  /** Whether another statement may be sent. */
  get isUsable(): boolean {
    return this.#usable && !this.socket.destroyed && this.socket.writable;
  }

  /** Runs one prepared statement and resolves to its rows. */
  async run(parts: TemplateStringsArray, values: readonly SqlValue[]): Promise<readonly object[]> {
    const parameters = values.map(writeValue);
    this.#mustBeUsable();
    const text = statementText(parts);
    const reply = await this.#settled(this.#client.unsafe<object[]>(text, parameters, PREPARED), this.#replyMs);
    this.#mustNotControlTransactions([reply.command]);
    // The driver's array keeps counting from where a failed statement stopped, and has holes then, which a filter leaves out.
    const rows = reply.filter(Boolean);
    forgetStatement(reply, parameters);
    // Some commands that give rows do not count them (explain, show).
    const isCounted = reply.columns.length > 0 && Number.isInteger(reply.count);
    if (isCounted && rows.length !== reply.count) this.#fail('incomplete_reply');
    return rows;
  }

  /** Runs the statements of a text that takes no parameters and gives no rows. */
  async script(text: string): Promise<void> {
    this.#mustNotControlTransactions(await this.command(text));
  }

  /** The same, for the statements that begin and end transactions; resolves to the command tags. */
  async command(text: string): Promise<readonly string[]> {
    this.#mustBeUsable();
    const reply: unknown = await this.#settled(this.#client.unsafe(text), this.#replyMs, scriptFailureOf);
    const replies: readonly unknown[] = Array.isArray(reply) && !('command' in reply) ? reply : [reply];
    return replies.map(commandOf);
  }

  /** Says good-bye and ends the connection, within a second. Nothing may be running. */
  async close(): Promise<void> {
    const isAlive = this.isUsable;
    this.#usable = false;
    if (isAlive) await this.#client.end({ timeout: 1 }).catch(() => undefined);
    this.destroy();
  }

  /** Ends the connection at once; a statement that runs rejects with the reason. */
  destroy(reason = 'connection_lost'): void {
    this.#usable = false;
    this.#giveUp?.(new DatabaseUnavailable(reason));
    this.socket.destroy();
  }

  /** The driver's reply in the port's terms; the connection does not outlive an error that leaves it in doubt. */
  async #settled<Reply>(reply: Promise<Reply>, milliseconds: number, meaning = failureOf): Promise<Reply> {
    const { onSilence, limits } = this.session;
    const grace = Math.min(limits.graceMs, milliseconds / 2);
    const timer = milliseconds > 0 ? setTimeout(() => this.#giveUpAfter(grace), milliseconds - grace) : undefined;
    const silence = milliseconds > limits.silenceMs && onSilence ? setInterval(onSilence, limits.silenceMs) : undefined;
    try {
      return await new Promise<Reply>((resolve, reject) => {
        this.#giveUp = reject;
        reply.then(resolve, reject);
      });
    } catch (error) {
      const failure = meaning(error);
      if (spoilsConnection(failure, error)) this.destroy();
      throw failure;
    } finally {
      clearTimeout(timer);
      clearInterval(silence);
      this.#giveUp = undefined;
    }
  }

  /** The end of the wait begins when this process is awake: after a pause of the machine a reply may be there, unread. */
  #giveUpAfter(milliseconds: number): void {
    const giveUp = this.#giveUp;
    setTimeout(() => {
      if (giveUp && this.#giveUp === giveUp) this.destroy('no_reply');
    }, milliseconds);
  }

  #mustBeUsable(): void {
    if (!this.isUsable) throw new DatabaseUnavailable('connection_lost');
    if (this.#giveUp) throw new Error('a connection has one statement at a time');
  }

  #mustNotControlTransactions(commands: readonly string[]): void {
    if (!commands.some((command) => TRANSACTION_CONTROL.has(command))) return;
    this.destroy();
    throw new StatementFailed(INVALID_TRANSACTION_TERMINATION);
  }

  #fail(reason: string): never {
    this.destroy();
    throw new DatabaseUnavailable(reason);
  }
}

/**
 * Empties what a statement that is over held. V8 makes a function that is assigned to a property in the old generation at
 * once, and the driver makes two for each statement: all that is within their reach would be kept and promoted with them.
 */
function forgetStatement(reply: object[], parameters: (string | null)[]): void {
  reply.length = 0;
  parameters.length = 0;
}

function commandOf(reply: unknown): string {
  return typeof reply === 'object' && reply !== null && 'command' in reply ? String(reply.command) : '';
}

// PostgreSQL takes any setting as a startup parameter. Behind PgBouncer they are role settings: see the decision record.
function sessionSettings(applicationName: string, limits: DatabaseLimits): Record<string, string> {
  return {
    application_name: applicationName,
    statement_timeout: String(limits.statementMs),
    lock_timeout: String(limits.lockMs),
    idle_in_transaction_session_timeout: String(limits.idleInTransactionMs),
    // The two spellings that the driver reads values in, whatever the server's configuration says.
    bytea_output: 'hex',
    DateStyle: 'ISO',
  };
}

function driverOptions(address: ServerAddress, connection: Record<string, string>, socket: Socket): object {
  let sockets = [socket];
  const { host, port, user, password, database } = address;
  return {
    ...{ host, port, user, password, database, connection },
    types: DRIVER_TYPES,
    max: 1,
    // Time is kept here: the driver's own limits would end a connection behind the back of the port.
    ...{ connect_timeout: 0, idle_timeout: 0, max_lifetime: 0 },
    ...{ ssl: false, prepare: true, fetch_types: false, debug: false, no_subscribe: true },
    onnotice: () => undefined,
    // Called again whenever the driver would connect again, which it must not do.
    socket: () => {
      const [only] = sockets;
      sockets = [];
      if (!only) throw new DatabaseUnavailable('connection_lost');
      return only;
    },
  };
}
