import type { SessionAccount } from './session.ts';

/** The columns of a `user_record`; all null when there is none. */
export interface UserRecordRow {
  readonly accountId: string | null;
  readonly email: string | null;
  readonly username: string | null;
  readonly displayName: string | null;
  readonly birthdate: string | null;
  readonly locale: string | null;
  readonly roles: readonly string[] | null;
  readonly mfaEnabled: boolean | null;
  readonly createdAt: Date | null;
  readonly updatedAt: Date | null;
  readonly revision: number | null;
}

/** The account of a row; undefined when the function returned none. */
function accountOf(row: UserRecordRow): SessionAccount | undefined {
  const { accountId, roles, mfaEnabled, createdAt, updatedAt, revision } = row;
  if (accountId === null || roles === null || mfaEnabled === null) return undefined;
  if (createdAt === null || updatedAt === null || revision === null) return undefined;
  const { email, username, displayName, birthdate, locale } = row;
  const fields = { email, username, displayName, birthdate, locale };
  return { accountId, ...fields, roles, mfaEnabled, createdAt, updatedAt, revision };
}

/** What became of a change of an account; `account` is there exactly when it was changed. */
export interface JudgedAccount<Outcome> {
  readonly outcome: Outcome;
  readonly account?: SessionAccount;
}

/** The columns of an outcome and the `user_record` beside it. */
export interface JudgedAccountRow<Outcome> extends UserRecordRow {
  readonly outcome: Outcome;
}

/** The outcome of a row. Throws when a function call has returned none. */
export function judgedAccountOf<Outcome>(row: JudgedAccountRow<Outcome> | undefined): JudgedAccount<Outcome> {
  if (row === undefined) throw new Error('a function call returned no row');
  const account = accountOf(row);
  return account ? { outcome: row.outcome, account } : { outcome: row.outcome };
}
