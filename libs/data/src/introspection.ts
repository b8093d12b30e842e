import type { Sql } from './database.ts';

/** What the database says of the session of a token. Times are its own. */
export interface TokenSession {
  readonly sessionId: string;
  readonly accountId: string;
  readonly generation: number;
  /** The database's clock, in seconds since 1970. */
  readonly at: number;
  /** When the refresh token of this generation was issued, and until when it is good. */
  readonly issuedAt: Date;
  readonly refreshUntil: Date;
  readonly authenticatedAt: Date;
  readonly amr: readonly string[];
  readonly roles: readonly string[];
  /** The key of the account's audit details, wrapped. */
  readonly wrappedKey: Uint8Array;
}

/** The session of a token, unless it is over in any way; nothing of it changes. */
export async function findTokenSession(sql: Sql, sessionId: string): Promise<TokenSession | undefined> {
  const [session] = await sql<TokenSession[]>`
    select session.id as "sessionId",
           account.id as "accountId",
           session.generation,
           extract(epoch from clock_timestamp())::float8 as at, -- not null: a clock
           session.rotated_at as "issuedAt",
           least(session.rotated_at + interval '14 days', session.ends_at) as "refreshUntil", -- not null: of columns that are not
           session.authenticated_at as "authenticatedAt",
           session.amr,
           account.roles,
           audit_subject.wrapped_key as "wrappedKey"
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
