import type { Sql } from './database.ts';
import { isOpened } from './opened.ts';
import type { OpenedSession } from './session.ts';

/** The user of a session shows the password again, hashed. */
export interface ReauthenticationAttempt {
  readonly accountId: string;
  readonly sessionId: string;
  readonly phc: string;
  /** What failures are counted by: an HMAC of account and session. */
  readonly budget: Uint8Array;
}

/**
 * A reauthentication that was judged. `over`: the session ended meanwhile. `over_limit`: nothing was judged, and will
 * not be for so many seconds.
 */
export type Reauthentication =
  | { readonly outcome: 'reauthenticated'; readonly at: Date; readonly session: OpenedSession }
  | { readonly outcome: 'over_limit'; readonly retryAfter: number }
  | { readonly outcome: 'wrong_password' | 'over' };

interface ReauthenticationRow {
  readonly outcome: string;
  readonly retryAfter: number | null;
  readonly at: Date | null;
  readonly sessionId: string | null;
  readonly accountId: string | null;
  readonly generation: number | null;
  readonly issuedAt: Date | null;
  readonly refreshUntil: Date | null;
  readonly authenticatedAt: Date | null;
  readonly amr: readonly string[] | null;
  readonly roles: readonly string[] | null;
}

/** Judges the password within the session's budget, and notes in its row that the user was authenticated now. */
export async function reauthenticate(sql: Sql, it: ReauthenticationAttempt): Promise<Reauthentication> {
  const [row] = await sql<ReauthenticationRow[]>`
    select outcome, -- not null: every path returns one
           retry_after as "retryAfter",
           at,
           (session).session_id as "sessionId",
           (session).account_id as "accountId",
           (session).generation as generation,
           (session).issued_at as "issuedAt",
           (session).refresh_until as "refreshUntil",
           (session).authenticated_at as "authenticatedAt",
           (session).amr as amr,
           (session).roles as roles
      from reauthenticate(${it.accountId}::uuid, ${it.sessionId}::uuid, ${it.phc}, ${it.budget}::bytea)
  `;
  if (row === undefined) throw new Error('a function call returned no row');
  const { outcome, retryAfter, at, ...session } = row;
  if (at !== null && isOpened(session)) return { outcome: 'reauthenticated', at, session };
  if (retryAfter !== null) return { outcome: 'over_limit', retryAfter };
  return { outcome: outcome === 'wrong_password' ? outcome : 'over' };
}
