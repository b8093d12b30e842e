import type { Sql } from './database.ts';
import { judgedAccountOf, type JudgedAccount, type JudgedAccountRow } from './user-record.ts';

/** A user name that is given to somebody else violates this constraint. */
export const USERNAME_IS_UNIQUE = 'username_is_unique';

/** What users say of themselves; null: nothing. */
export interface Profile {
  readonly username: string | null;
  readonly displayName: string | null;
  /** Calendar day, `YYYY-MM-DD`. */
  readonly birthdate: string | null;
  readonly locale: string | null;
}

/** The name of a field in the database. */
export type ProfileField = 'username' | 'display_name' | 'birthdate' | 'locale';

/** A change of some fields. */
export interface ProfileChange extends Profile {
  readonly accountId: string;
  readonly sessionId: string;
  /** The revisions that it may change; null: any. */
  readonly revisions: readonly number[] | null;
  /** What is changed: other fields stay as they are, whatever their values here. */
  readonly fields: readonly ProfileField[];
}

/** How it ended. */
export type ProfileChangeOutcome = 'changed' | 'precondition_failed' | 'session_over';

/** Changes the named fields, if the session is good. Rejects with ConstraintViolated `username_is_unique`. */
export async function changeProfile(sql: Sql, it: ProfileChange): Promise<JudgedAccount<ProfileChangeOutcome>> {
  const [row] = await sql<JudgedAccountRow<ProfileChangeOutcome>[]>`
    select outcome, -- not null: every path returns one
           (account).account_id as "accountId",
           (account).email as email,
           (account).username as username,
           (account).display_name as "displayName",
           (account).birthdate as birthdate,
           (account).locale as locale,
           (account).roles as roles,
           (account).mfa_enabled as "mfaEnabled",
           (account).created_at as "createdAt",
           (account).updated_at as "updatedAt",
           (account).revision as revision
      from change_profile(
        ${it.accountId}::uuid, ${it.sessionId}::uuid, ${it.revisions}::int[], ${it.fields}::text[], ${it.username},
        ${it.displayName}, ${it.birthdate}, ${it.locale})
  `;
  return judgedAccountOf(row);
}
