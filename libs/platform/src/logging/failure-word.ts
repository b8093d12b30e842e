import { ConstraintViolated, DatabaseUnavailable, StatementFailed } from '#data/database';

import { isError } from './is-error.ts';

/** Why something failed, as one short word for the log that holds no value; `redactError` tells more. */
export function failureWord(error: unknown): string {
  if (error instanceof DatabaseUnavailable) return `database_${error.reason}`;
  if (error instanceof StatementFailed) return `sqlstate_${error.sqlState}`;
  if (error instanceof ConstraintViolated) return `constraint_${error.constraint}`;
  return isError(error) ? error.name : 'unknown';
}
