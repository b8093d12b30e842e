import type { AccountAct } from './account-token.ts';
import type { Sql } from './database.ts';

/** Salt and parameters of an account's password, as the head of its PHC text; null when it has none. */
export async function findPasswordRecipe(sql: Sql, accountId: string): Promise<string | null> {
  const [row] = await sql<{ recipe: string | null }[]>`
    select vault.password_recipe(null, ${accountId}::uuid) as recipe
  `;
  return row?.recipe ?? null;
}

/** Somebody says that they forgot the password of an address. */
export interface ResetRequest {
  readonly email: string;
  readonly addressKey: Uint8Array;
  /** Day of issue of a valid owner token of this address, in days since 1970; null: none was presented. */
  readonly ownerTokenDay: number | null;
  readonly envelope: Uint8Array;
  readonly idempotencyScope: Uint8Array | null;
  readonly fingerprint: Uint8Array | null;
}

/** How a request for a reset ended. All but `conflict` are answered alike. */
export type ResetRequestOutcome = 'mailed' | 'no_account' | 'over_quota' | 'replay' | 'conflict';

/** Counts the quotas of the address, and mails its account a link that resets the password. */
export async function requestPasswordReset(sql: Sql, it: ResetRequest): Promise<ResetRequestOutcome> {
  const [row] = await sql<{ outcome: ResetRequestOutcome }[]>`
    select request_password_reset(
      ${it.email}, ${it.addressKey}::bytea, ${it.ownerTokenDay}::int, ${it.envelope}::bytea,
      ${it.idempotencyScope}::bytea, ${it.fingerprint}::bytea) as outcome -- not null: every path returns one
  `;
  if (row === undefined) throw new Error('a function call returned no row');
  return row.outcome;
}

/** A change of the password by its user. */
export interface PasswordChange extends AccountAct {
  readonly accountId: string;
  /** The session that asks, and stays. */
  readonly sessionId: string;
  /** The presented current password under the recipe of the stored one; null: none was presented. */
  readonly currentPhc: string | null;
  readonly phc: string;
  /** What wrong passwords are counted by. */
  readonly budget: Uint8Array;
  /** The address that the notice is for; null: there is none. */
  readonly email: string | null;
}

/** How it ended. `moved`: the account has another address than the notice was written for; write another one. */
export interface PasswordChanged {
  readonly outcome: 'changed' | 'wrong_password' | 'over_limit' | 'session_over' | 'moved';
  /** Seconds until the next password is judged; only of `over_limit`. */
  readonly retryAfter: number | null;
}

/** Sets a new password, and ends all other sessions with it. */
export async function changePassword(sql: Sql, it: PasswordChange): Promise<PasswordChanged> {
  const [row] = await sql<PasswordChanged[]>`
    select outcome, -- not null: every path returns one
           retry_after as "retryAfter"
      from change_password(
        ${it.accountId}::uuid, ${it.sessionId}::uuid, ${it.currentPhc}, ${it.phc}, ${it.budget}::bytea,
        ${it.requestId}, ${it.sealedDetails}::bytea, ${it.email}, ${it.addressKey}::bytea, ${it.envelope}::bytea)
  `;
  if (row === undefined) throw new Error('a function call returned no row');
  return row;
}
