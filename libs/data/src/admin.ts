import type { Sql } from './database.ts';
import { isOpened } from './opened.ts';
import type { Page, PageWanted } from './page.ts';
import type { AuditedAct, SessionAccount } from './session.ts';

/** An account, as administrators see it. */
export interface AdministeredUser extends SessionAccount {
  /** Counts what users see of the account. */
  readonly revision: number;
  /** Null: it is not suspended. */
  readonly suspendedAt: Date | null;
  /** When it is to be erased; null: it is not. */
  readonly deletionEffectiveAt: Date | null;
  /** Until when what the account proves itself by cannot be changed; null: it can. */
  readonly changesFrozenUntil: Date | null;
  /** How many sessions are alive. */
  readonly sessions: number;
}

/** What may be so of an account; more than one may. */
export type UserStatus = 'active' | 'suspended' | 'deletion_scheduled';

/** Which users an administrator wants to see. */
export interface UsersWanted extends PageWanted {
  /** The very address; null: any. */
  readonly email: string | null;
  readonly status: UserStatus | null;
}

/** Who acts: an administrator's session, and the request. That the session still may, each statement sees for itself. */
export interface Administrator {
  readonly sessionId: string;
  readonly requestId: string;
}

/** Where there may be no account, none of its columns has a value. */
interface UserRow {
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
  readonly suspendedAt: Date | null;
  readonly deletionEffectiveAt: Date | null;
  readonly changesFrozenUntil: Date | null;
  readonly sessions: number | null;
}

interface ListedUserRow extends AdministeredUser {
  readonly hasMore: boolean;
}

interface ChangedUserRow extends UserRow {
  readonly outcome: UserChanged['outcome'];
}

/** The accounts of a page; each of them is told by its audit events that it was seen. */
export async function listUsers(sql: Sql, by: Administrator, it: UsersWanted): Promise<Page<AdministeredUser>> {
  const rows = await sql<ListedUserRow[]>`
    select has_more as "hasMore", -- not null: a comparison
           (shown).account_id as "accountId", -- not null: of a table
           (shown).email as email,
           (shown).username as username,
           (shown).display_name as "displayName",
           (shown).birthdate as birthdate,
           (shown).locale as locale,
           (shown).roles as roles, -- not null: of a table
           (shown).mfa_enabled as "mfaEnabled", -- not null: of a table
           (shown).created_at as "createdAt", -- not null: of a table
           (shown).updated_at as "updatedAt", -- not null: of a table
           (shown).revision as revision, -- not null: of a table
           (shown).suspended_at as "suspendedAt",
           (shown).deletion_effective_at as "deletionEffectiveAt",
           (shown).changes_frozen_until as "changesFrozenUntil",
           (shown).sessions as sessions -- not null: a count
      from list_users(
        ${by.sessionId}::uuid, ${it.email}, ${it.status}, ${it.behind}::uuid, ${it.limit}::int, ${by.requestId})
  `;
  return { entries: rows, hasMore: rows[0]?.hasMore ?? false };
}

/** An account, which is told by an audit event that it was seen. Absent: there is none. */
export async function viewUser(sql: Sql, by: Administrator, accountId: string): Promise<AdministeredUser | undefined> {
  const [row] = await sql<UserRow[]>`
    select account_id as "accountId",
           email,
           username,
           display_name as "displayName",
           birthdate,
           locale,
           roles,
           mfa_enabled as "mfaEnabled",
           created_at as "createdAt",
           updated_at as "updatedAt",
           revision,
           suspended_at as "suspendedAt",
           deletion_effective_at as "deletionEffectiveAt",
           changes_frozen_until as "changesFrozenUntil",
           sessions
      from view_user(${by.sessionId}::uuid, ${accountId}::uuid, ${by.requestId})
  `;
  return row && userOf(row);
}

function userOf(row: UserRow): AdministeredUser | undefined {
  const { accountId, roles, mfaEnabled, createdAt, updatedAt, revision, sessions } = row;
  const known = { accountId, roles, mfaEnabled, createdAt, updatedAt, revision, sessions };
  return isOpened(known) ? { ...row, ...known } : undefined;
}

/** Why an administrator's act was not done. */
export type AdminRefusal = 'not_admin' | 'no_user';

/** What an administrator's act writes besides: details are sealed for the account it is done to. */
export interface AdminAct extends Administrator, AuditedAct {
  readonly accountId: string;
}

/** The key of an account's audit details, wrapped. Absent: there is no such account. */
export async function findSubjectKey(sql: Sql, accountId: string): Promise<Uint8Array | undefined> {
  const [row] = await sql<{ wrappedKey: Uint8Array }[]>`
    select audit_subject.wrapped_key as "wrappedKey"
      from account
      join audit_subject on audit_subject.id = account.subject_id
     where account.id = ${accountId}::uuid
  `;
  return row?.wrappedKey;
}

/** The name of a field that administrators may set. */
export type UserField = 'username' | 'display_name' | 'locale' | 'roles';

/** A change of an account by an administrator: the fields that it names, and what they become. */
export interface UserChange extends AdminAct {
  /** The account has to be of one of them; null: any will do. */
  readonly revisions: readonly number[] | null;
  readonly fields: readonly UserField[];
  readonly username: string | null;
  readonly displayName: string | null;
  readonly locale: string | null;
  readonly roles: readonly string[];
}

/** How a change ended; `user` is there exactly when it was done, or nothing was to be done. */
export interface UserChanged {
  readonly outcome: 'changed' | 'unchanged' | 'precondition_failed' | 'last_admin' | AdminRefusal;
  readonly user?: AdministeredUser;
}

/** Sets fields of an account. Rejects with ConstraintViolated `username_is_unique` for a user name that is taken. */
export async function changeUser(sql: Sql, it: UserChange): Promise<UserChanged> {
  const [row] = await sql<ChangedUserRow[]>`
    select outcome, -- not null: every path returns one
           (shown).account_id as "accountId",
           (shown).email as email,
           (shown).username as username,
           (shown).display_name as "displayName",
           (shown).birthdate as birthdate,
           (shown).locale as locale,
           (shown).roles as roles,
           (shown).mfa_enabled as "mfaEnabled",
           (shown).created_at as "createdAt",
           (shown).updated_at as "updatedAt",
           (shown).revision as revision,
           (shown).suspended_at as "suspendedAt",
           (shown).deletion_effective_at as "deletionEffectiveAt",
           (shown).changes_frozen_until as "changesFrozenUntil",
           (shown).sessions as sessions
      from change_user(
        ${it.sessionId}::uuid, ${it.accountId}::uuid, ${it.revisions}::int[], ${it.fields}::text[], ${it.username},
        ${it.displayName}, ${it.locale}, ${it.roles}::text[], ${it.requestId}, ${it.sealedDetails}::bytea)
  `;
  if (row === undefined) throw new Error('a function call returned no row');
  const { outcome, ...columns } = row;
  const user = userOf(columns);
  return user ? { outcome, user } : { outcome };
}

/** A suspension, which the same key of a request makes once. */
export interface Suspension extends AdminAct {
  readonly idempotencyScope: Uint8Array | null;
  readonly fingerprint: Uint8Array | null;
}

/** How a suspension ended. */
export type SuspensionOutcome = 'suspended' | 'last_admin' | 'replay' | 'conflict' | AdminRefusal;

/** Suspends an account, and ends every session of it. */
export async function suspendAccount(sql: Sql, it: Suspension): Promise<SuspensionOutcome> {
  const [row] = await sql<{ outcome: SuspensionOutcome }[]>`
    select suspend_account(
      ${it.sessionId}::uuid, ${it.accountId}::uuid, ${it.idempotencyScope}::bytea, ${it.fingerprint}::bytea,
      ${it.requestId}, ${it.sealedDetails}::bytea) as outcome -- not null: every path returns one
  `;
  return outcomeOf(row);
}

/** Ends the suspension of an account. */
export async function reinstateAccount(sql: Sql, it: AdminAct): Promise<'reinstated' | 'not_suspended' | AdminRefusal> {
  const [row] = await sql<{ outcome: 'reinstated' | 'not_suspended' | AdminRefusal }[]>`
    select reinstate_account(
      ${it.sessionId}::uuid, ${it.accountId}::uuid, ${it.requestId}, ${it.sealedDetails}::bytea) as outcome -- not null: every path returns one
  `;
  return outcomeOf(row);
}

/** Ends every session of an account. */
export async function endUserSessions(sql: Sql, it: AdminAct): Promise<'ended' | AdminRefusal> {
  const [row] = await sql<{ outcome: 'ended' | AdminRefusal }[]>`
    select end_user_sessions(
      ${it.sessionId}::uuid, ${it.accountId}::uuid, ${it.requestId}, ${it.sealedDetails}::bytea) as outcome -- not null: every path returns one
  `;
  return outcomeOf(row);
}

function outcomeOf<Outcome>(row: { readonly outcome: Outcome } | undefined): Outcome {
  if (row === undefined) throw new Error('a function call returned no row');
  return row.outcome;
}
