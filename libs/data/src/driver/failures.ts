import postgres from 'postgres';

/**
 * The database cannot answer now: trying again later is right. `reason` is a short word of this file and never holds a
 * value. Of `connection_lost`, `no_reply` and the like nobody knows whether the statement was carried out.
 */
export class DatabaseUnavailable extends Error {
  override readonly name = 'DatabaseUnavailable';
  constructor(readonly reason: string) {
    super(`database unavailable: ${reason}`);
  }
}

/** A constraint refused the statement (SQLSTATE class 23). Carries the constraint's name and no value. */
export class ConstraintViolated extends Error {
  override readonly name = 'ConstraintViolated';
  constructor(readonly constraint: string) {
    super(`constraint violated: ${constraint}`);
  }
}

/** PostgreSQL refused the statement for any other reason. Carries the SQLSTATE and no value. */
export class StatementFailed extends Error {
  override readonly name = 'StatementFailed';
  constructor(
    readonly sqlState: string,
    explanation = '',
  ) {
    super(`statement failed: SQLSTATE ${sqlState}${explanation}`);
  }
}

/** PostgreSQL does not let the user in, or not into this database. */
export class LoginRefused extends StatementFailed {}

/** What a statement can fail with. */
export type DatabaseFailure = DatabaseUnavailable | ConstraintViolated | StatementFailed;

/** SQLSTATEs, or their classes, that pass by themselves (PostgreSQL, appendix A). */
const PASSING: Readonly<Record<string, string>> = {
  '08': 'connection_lost',
  '53': 'out_of_resources',
  '25006': 'read_only',
  '25P03': 'idle_in_transaction',
  '40001': 'serialization',
  '40P01': 'deadlock',
  '53300': 'too_many_connections',
  '55P03': 'lock_timeout',
  '57014': 'statement_timeout',
  '57P01': 'shutting_down',
  '57P02': 'crashed',
  '57P03': 'starting',
  '57P04': 'database_dropped',
  '57P05': 'idle_session',
};

/** Codes of the operating system, of Node and of the driver. */
const CONNECTING: Readonly<Record<string, string>> = {
  EAI_AGAIN: 'host_unknown',
  ECONNREFUSED: 'refused',
  EHOSTUNREACH: 'unreachable',
  ENETUNREACH: 'unreachable',
  ENOENT: 'refused',
  ENOTFOUND: 'host_unknown',
  ETIMEDOUT: 'no_reply',
  SASL_SIGNATURE_MISMATCH: 'server_not_proven',
};
const LOST = new Set(['CONNECTION_CLOSED', 'CONNECTION_DESTROYED', 'CONNECTION_ENDED', 'ECONNRESET', 'EPIPE']);

/** What an error of the driver means. Only SQLSTATE and names survive: PostgreSQL puts values into message and detail. */
export function failureOf(error: unknown): DatabaseFailure {
  if (isFailure(error)) return error;
  if (error instanceof postgres.PostgresError) return refusal(error, '');
  const code = codeOf(error);
  if (LOST.has(code)) return new DatabaseUnavailable('connection_lost');
  if (/^ERR_(TLS|SSL)_|^UNABLE_TO_|CERT/.test(code)) return new DatabaseUnavailable('certificate');
  return new DatabaseUnavailable(CONNECTING[code] ?? 'driver_fault');
}

/** The same for a script, which its author has to mend: says what is wrong with its words (SQLSTATE class 42), and where. */
export function scriptFailureOf(error: unknown): DatabaseFailure {
  if (!(error instanceof postgres.PostgresError) || !error.code.startsWith('42')) return failureOf(error);
  const place = error.position ? ` at character ${error.position}` : '';
  return refusal(error, `${place}: ${error.message}`);
}

/** Whether a connection that failed so may not be used again, even if it looks alive. */
export function spoilsConnection(failure: DatabaseFailure, error: unknown): boolean {
  if (!(error instanceof postgres.PostgresError)) return true;
  // After a fail-over the server that writes is elsewhere.
  return failure instanceof DatabaseUnavailable && failure.reason === 'read_only';
}

function isFailure(error: unknown): error is DatabaseFailure {
  return [DatabaseUnavailable, ConstraintViolated, StatementFailed].some((kind) => error instanceof kind);
}

function refusal(error: postgres.PostgresError, explanation: string): DatabaseFailure {
  const passing = PASSING[error.code] ?? PASSING[error.code.slice(0, 2)];
  if (passing !== undefined) return new DatabaseUnavailable(passing);
  if (error.code.startsWith('23')) return new ConstraintViolated(constraintOf(error));
  return new StatementFailed(error.code, explanation);
}

// `not null` sends no constraint's name, not even where it has one; this is the one PostgreSQL 18 gives by itself.
function constraintOf(error: postgres.PostgresError): string {
  return error.constraint_name ?? [error.table_name, error.column_name, 'not_null'].filter(Boolean).join('_');
}

function codeOf(error: unknown): string {
  return typeof error === 'object' && error !== null && 'code' in error ? String(error.code) : '';
}
