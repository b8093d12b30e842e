import type { Sql } from './database.ts';
import { findSession, type LiveSession } from './session.ts';

/** A result that is no longer `moved`. */
export type Settled<Result extends { readonly outcome: string }> = Result & {
  readonly outcome: Exclude<Result['outcome'], 'moved'>;
};

/**
 * Does what writes a letter to the user of a session, and does it again with the session as it is by now when the outcome is
 * `moved`: the letter was written for an address that the account has no more. Users move a few times a day at most, so
 * that this ends.
 */
export async function forItsAddress<Result extends { readonly outcome: string }>(
  sql: Sql,
  session: LiveSession,
  act: (session: LiveSession) => Promise<Result>,
): Promise<Settled<Result>> {
  let asked = session;
  for (;;) {
    const result = await act(asked);
    if (isSettled(result)) return result;
    // Without the session the act says so by itself.
    asked = (await findSession(sql, session.sessionId)) ?? asked;
  }
}

function isSettled<Result extends { readonly outcome: string }>(result: Result): result is Settled<Result> {
  return result.outcome !== 'moved';
}
