import { StatementFailed } from './database.ts';

const MOST_ATTEMPTS = 5;
/** How PostgreSQL says that a row of a catalogue was changed meanwhile: internal_error. */
const CHANGED_AT_ONCE = 'XX000';

/** Whether somebody changed the same role, schema or database at the same moment. */
export function isChangedAtOnce(error: unknown): boolean {
  return error instanceof StatementFailed && error.sqlState === CHANGED_AT_ONCE;
}

/** Makes a change of the catalogue, in one transaction, again when somebody who does not take turns with us came between. */
export async function againIfChangedAtOnce<Result>(change: () => Promise<Result>): Promise<Result> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await change();
    } catch (error) {
      if (attempt === MOST_ATTEMPTS || !isChangedAtOnce(error)) throw error;
    }
  }
}
