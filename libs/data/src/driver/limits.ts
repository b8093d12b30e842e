/** Bounds on everything that waits for the database, in milliseconds unless it says otherwise. */
export interface DatabaseLimits {
  /** PostgreSQL ends a statement after this (`statement_timeout`). 0: never, and then the client waits for ever too. */
  readonly statementMs: number;
  /** PostgreSQL ends a statement that waited so long for one lock (`lock_timeout`). 0: never. */
  readonly lockMs: number;
  /** PostgreSQL ends a connection that does nothing inside a transaction (`idle_in_transaction_session_timeout`). */
  readonly idleInTransactionMs: number;
  /** How much longer than `statementMs` the client waits for a reply before it gives the connection up, of time in which it is awake. */
  readonly graceMs: number;
  /**
   * How long a statement is without a reply before the server is asked whether it is there at all, and again each time
   * so long. Not asked where `statementMs` is 0.
   */
  readonly silenceMs: number;
  /** How long the server may take to say so; after that every statement in flight is given up. */
  readonly signMs: number;
  /** How long a statement waits for its turn. */
  readonly turnMs: number;
  /** How many statements may wait for their turn. */
  readonly queueLength: number;
  /** Turn and connecting together take no longer than this, and connecting no longer than half of it. */
  readonly connectedMs: number;
  /** Rest after an attempt to connect that failed. Constant: PostgreSQL is found again as soon as it is back. */
  readonly restMs: number;
  /** Connections older than this are replaced. */
  readonly lifetimeMs: number;
  /** How long `close` waits for statements that run. */
  readonly closeMs: number;
}

/** What holds unless a caller says otherwise. docs/decisions/0002-postgres-driver.md tells why. */
export const DEFAULT_LIMITS: DatabaseLimits = {
  statementMs: 5_000,
  lockMs: 1_000,
  idleInTransactionMs: 5_000,
  graceMs: 500,
  silenceMs: 1_000,
  signMs: 500,
  turnMs: 1_000,
  queueLength: 1_000,
  connectedMs: 1_800,
  restMs: 100,
  lifetimeMs: 30 * 60_000,
  closeMs: 5_000,
};
