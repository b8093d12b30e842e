import type { Sql } from './database.ts';
import { isOpened } from './opened.ts';

/** What the tokens of a session are made of. Times are the database's. */
export interface OpenedSession {
  readonly sessionId: string;
  readonly accountId: string;
  readonly generation: number;
  /** When the present generation was issued. */
  readonly issuedAt: Date;
  /** Until when its refresh token is good. */
  readonly refreshUntil: Date;
  readonly authenticatedAt: Date;
  /** How the user was authenticated (RFC 8176). */
  readonly amr: readonly string[];
  readonly roles: readonly string[];
}

/** The account of a session, as its user sees it. */
export interface SessionAccount {
  readonly accountId: string;
  /** Null: the account has no address. */
  readonly email: string | null;
  readonly username: string | null;
  readonly displayName: string | null;
  /** Calendar day, `YYYY-MM-DD`. */
  readonly birthdate: string | null;
  readonly locale: string | null;
  readonly roles: readonly string[];
  readonly mfaEnabled: boolean;
  readonly createdAt: Date;
  readonly updatedAt: Date;
  /** Counts whatever its user sees of it. */
  readonly revision: number;
}

/** What an access token opens, read at every request. */
export interface LiveSession extends SessionAccount {
  readonly sessionId: string;
  readonly generation: number;
  readonly generationIsUsed: boolean;
  /** The database's clock, in seconds since 1970. */
  readonly at: number;
  /** What the account proves itself by cannot be changed at present. */
  readonly changesAreFrozen: boolean;
  /** The key of the account's audit details, wrapped. */
  readonly wrappedKey: Uint8Array;
}

/** The session with its account, unless it is over in any way: ended, suspended, past its end, or of an older version. */
export async function findSession(sql: Sql, sessionId: string): Promise<LiveSession | undefined> {
  const [session] = await sql<LiveSession[]>`
    select session.id as "sessionId",
           session.generation,
           session.generation_is_used as "generationIsUsed",
           extract(epoch from clock_timestamp())::float8 as at, -- not null: a clock
           coalesce(account.changes_frozen_until > clock_timestamp(), false) as "changesAreFrozen", -- not null: coalesced
           audit_subject.wrapped_key as "wrappedKey",
           account.id as "accountId",
           (select email from address where address.account_id = account.id) as email,
           account.username,
           account.display_name as "displayName",
           account.birthdate::text as birthdate,
           account.locale,
           account.roles,
           account.mfa_enabled as "mfaEnabled",
           account.created_at as "createdAt",
           account.updated_at as "updatedAt",
           account.revision
      from session
      join account on account.id = session.account_id
      join audit_subject on audit_subject.id = account.subject_id
     where session.id = ${sessionId}::uuid
       and session.credential_version = account.credential_version
       and session.ends_at > clock_timestamp()
       and session.rotated_at > clock_timestamp() - interval '14 days'
       and account.suspended_at is null
  `;
  return session;
}

/** Notes that a token of this generation was shown: the refresh token before it is worth nothing from now on. */
export async function markGenerationUsed(sql: Sql, sessionId: string, generation: number): Promise<void> {
  await sql<never[]>`
    update session
       set generation_is_used = true, last_seen_at = clock_timestamp()
     where id = ${sessionId}::uuid and generation = ${generation}::int and not generation_is_used
  `;
}

/**
 * A refresh that was judged. `rotated`: there is a new generation. `repeated`: the answer that may have been lost, again.
 * `reused`: the token had been followed, and its follower used. `over`: there is no such session any more.
 */
export type Refresh =
  | { readonly outcome: 'rotated' | 'repeated'; readonly at: Date; readonly session: OpenedSession }
  | { readonly outcome: 'reused'; readonly sessionId: string; readonly owner: SessionOwner }
  | { readonly outcome: 'over' };

/** Who is told when a session ends against their will. */
export interface SessionOwner {
  /** Null: the account has no address. */
  readonly email: string | null;
  readonly locale: string | null;
  readonly wrappedKey: Uint8Array;
}

interface RefreshRow {
  readonly outcome: string;
  readonly at: Date | null;
  readonly sessionId: string | null;
  readonly accountId: string | null;
  readonly generation: number | null;
  readonly issuedAt: Date | null;
  readonly refreshUntil: Date | null;
  readonly authenticatedAt: Date | null;
  readonly amr: readonly string[] | null;
  readonly roles: readonly string[] | null;
  readonly email: string | null;
  readonly locale: string | null;
  readonly wrappedKey: Uint8Array | null;
}

/**
 * Moves a session to its next generation, under its row's lock and by a clock that is read after it. The token before
 * is answered with the same generation again within the grace, and later as long as nobody has shown a token of it, so
 * that a lost answer logs nobody out (RFC 9700, 4.14.2).
 */
export async function refreshSession(
  sql: Sql,
  sessionId: string,
  presentedGeneration: number,
  graceSeconds: number,
): Promise<Refresh> {
  const [row] = await sql<RefreshRow[]>`
    select outcome, -- not null: every path returns one
           at,
           (session).session_id as "sessionId",
           (session).account_id as "accountId",
           (session).generation as generation,
           (session).issued_at as "issuedAt",
           (session).refresh_until as "refreshUntil",
           (session).authenticated_at as "authenticatedAt",
           (session).amr as amr,
           (session).roles as roles,
           email,
           locale,
           wrapped_key as "wrappedKey"
      from refresh_session(
        ${sessionId}::uuid, ${presentedGeneration}::int, make_interval(secs => ${graceSeconds}::int))
  `;
  if (row === undefined) throw new Error('a function call returned no row');
  return refreshOf(row);
}

function refreshOf({ outcome, at, email, locale, wrappedKey, ...session }: RefreshRow): Refresh {
  if (at === null || !isOpened(session)) return { outcome: 'over' };
  if (outcome === 'rotated' || outcome === 'repeated') return { outcome, at, session };
  if (outcome !== 'reused' || wrappedKey === null) return { outcome: 'over' };
  return { outcome, sessionId: session.sessionId, owner: { email, locale, wrappedKey } };
}

/** What `end_reused_session` writes besides the end. */
export interface ReuseNotice {
  readonly requestId: string;
  readonly sealedDetails: Uint8Array | null;
  /** Null: there is no address to tell. */
  readonly addressKey: Uint8Array | null;
  readonly envelope: Uint8Array | null;
}

/** Ends a session whose refresh token was used again, and tells its owner; false when it had ended already. */
export async function endReusedSession(sql: Sql, sessionId: string, notice: ReuseNotice): Promise<boolean> {
  const [row] = await sql<{ ended: boolean }[]>`
    select end_reused_session(
      ${sessionId}::uuid, ${notice.requestId}, ${notice.sealedDetails}::bytea, ${notice.addressKey}::bytea,
      ${notice.envelope}::bytea) as ended -- not null: every path returns one
  `;
  return row?.ended ?? false;
}

/** A session, as its user sees it. */
export interface ListedSession {
  readonly sessionId: string;
  readonly deviceName: string | null;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  readonly endsAt: Date;
}

/** The sessions of an account that are not over, the one that was used last first. */
export async function listSessions(sql: Sql, accountId: string): Promise<readonly ListedSession[]> {
  return sql<ListedSession[]>`
    select session.id as "sessionId",
           session.device_name as "deviceName",
           session.created_at as "createdAt",
           session.last_seen_at as "lastSeenAt",
           least(session.ends_at, session.rotated_at + interval '14 days') as "endsAt" -- not null: of columns that are not
      from session
      join account on account.id = session.account_id
     where session.account_id = ${accountId}::uuid
       and session.credential_version = account.credential_version
       and session.ends_at > clock_timestamp()
       and session.rotated_at > clock_timestamp() - interval '14 days'
     order by session.last_seen_at desc, session.id
     limit 100
  `;
}

/** An act of a user that the audit trail tells of. */
export interface AuditedAct {
  readonly requestId: string;
  readonly sealedDetails: Uint8Array | null;
}

/** Ends a session of the account; false when it has none of this id. */
export async function endSession(sql: Sql, accountId: string, sessionId: string, act: AuditedAct): Promise<boolean> {
  const rows = await sql<{ id: string }[]>`
    with ended as (
      delete from session
       where id = ${sessionId}::uuid and account_id = ${accountId}::uuid
      returning id, account_id),
    noted as (
      select write_audit('session.revoked', account.subject_id, ${act.requestId}, ${act.sealedDetails}::bytea)
        from ended join account on account.id = ended.account_id)
    select ended.id from ended, noted
  `;
  return rows.length === 1;
}

/** Ends every session of the account but `kept`; null: all of them. */
export async function endSessions(sql: Sql, accountId: string, kept: string | null, act: AuditedAct): Promise<void> {
  await sql<{ done: boolean }[]>`
    select end_sessions(${accountId}::uuid, ${kept}::uuid, ${act.requestId}, ${act.sealedDetails}::bytea) is null as done -- not null: a comparison
  `;
}
