import type { Sql } from './database.ts';
import { isOpened } from './opened.ts';
import type { OpenedSession } from './session.ts';

/** What is known of somebody who logs in before the password is hashed. */
export interface LoginAccount {
  readonly accountId: string;
  /** Null: the account has no address. */
  readonly email: string | null;
  /** Salt and parameters of the stored password, as the head of its PHC text; null when none is stored. */
  readonly recipe: string | null;
  /** Device tokens of another version are void. */
  readonly deviceVersion: number;
  /** Sessions of another version are over. */
  readonly credentialVersion: number;
  /** The database's clock, in seconds since 1970. */
  readonly at: number;
  /** The key of the account's audit details, wrapped. */
  readonly wrappedKey: Uint8Array;
}

/** The account that an address belongs to. Absent: none. */
export async function findLoginByEmail(sql: Sql, email: string): Promise<LoginAccount | undefined> {
  const [account] = await sql<LoginAccount[]>`
    select account.id as "accountId",
           address.email,
           vault.password_recipe(null, account.id) as recipe,
           account.device_version as "deviceVersion",
           account.credential_version as "credentialVersion",
           extract(epoch from clock_timestamp())::float8 as at, -- not null: a clock
           audit_subject.wrapped_key as "wrappedKey"
      from address
      join account on account.id = address.account_id
      join audit_subject on audit_subject.id = account.subject_id
     where address.email = ${email}
  `;
  return account;
}

/** The account of a user name. Absent: none. */
export async function findLoginByUsername(sql: Sql, username: string): Promise<LoginAccount | undefined> {
  const [account] = await sql<LoginAccount[]>`
    select account.id as "accountId",
           (select email from address where address.account_id = account.id) as email,
           vault.password_recipe(null, account.id) as recipe,
           account.device_version as "deviceVersion",
           account.credential_version as "credentialVersion",
           extract(epoch from clock_timestamp())::float8 as at, -- not null: a clock
           audit_subject.wrapped_key as "wrappedKey"
      from account
      join audit_subject on audit_subject.id = account.subject_id
     where account.username = ${username}
  `;
  return account;
}

/** A log-in with the password hashed. */
export interface LoginAttempt {
  readonly accountId: string;
  /** As it was before the password was hashed: what ends all sessions meanwhile ends this one too. Null: no account. */
  readonly credentialVersion: number | null;
  readonly phc: string;
  /** What failures are counted by: an HMAC of the address, and one of address and source. */
  readonly addressBudget: Uint8Array;
  readonly sourceBudget: Uint8Array;
  /** An HMAC of a device that has logged in before; null: it has not. */
  readonly deviceBudget: Uint8Array | null;
  readonly deviceName: string | null;
  readonly requestId: string;
  readonly sealedDetails: Uint8Array | null;
}

/** How a log-in ended. The outcome is for logs and metrics, but for `over_limit` and `suspended`. */
export interface Login {
  readonly outcome: string;
  /** Seconds until the next attempt is judged; only of `over_limit`. */
  readonly retryAfter: number | null;
  /** There exactly when the log-in succeeded. */
  readonly session?: OpenedSession & { readonly deviceVersion: number };
}

interface LoginRow {
  readonly outcome: string;
  readonly retryAfter: number | null;
  readonly sessionId: string | null;
  readonly accountId: string | null;
  readonly generation: number | null;
  readonly issuedAt: Date | null;
  readonly refreshUntil: Date | null;
  readonly authenticatedAt: Date | null;
  readonly amr: readonly string[] | null;
  readonly roles: readonly string[] | null;
  readonly deviceVersion: number | null;
}

/** Judges a log-in within the budgets of its address and source, or of its device, and opens the session. */
export async function logIn(sql: Sql, it: LoginAttempt): Promise<Login> {
  const [row] = await sql<LoginRow[]>`
    select outcome, -- not null: every path returns one
           retry_after as "retryAfter",
           (session).session_id as "sessionId",
           (session).account_id as "accountId",
           (session).generation as generation,
           (session).issued_at as "issuedAt",
           (session).refresh_until as "refreshUntil",
           (session).authenticated_at as "authenticatedAt",
           (session).amr as amr,
           (session).roles as roles,
           (session).device_version as "deviceVersion"
      from log_in(
        ${it.accountId}::uuid, ${it.phc}, ${it.addressBudget}::bytea, ${it.sourceBudget}::bytea,
        ${it.deviceBudget}::bytea, ${it.deviceName}, ${it.requestId}, ${it.sealedDetails}::bytea,
        ${it.credentialVersion}::int)
  `;
  if (row === undefined) throw new Error('a function call returned no row');
  const { outcome, retryAfter, ...session } = row;
  return isOpened(session) ? { outcome, retryAfter, session } : { outcome, retryAfter };
}

/** Puts the hash of the same password at another cost in place of the former one; false when it is not that any more. */
export async function renewPassword(sql: Sql, accountId: string, formerPhc: string, phc: string): Promise<boolean> {
  const [row] = await sql<{ renewed: boolean }[]>`
    select vault.renew_account_password(${accountId}::uuid, ${formerPhc}, ${phc}) as renewed -- not null: it tells whether
  `;
  return row?.renewed ?? false;
}
