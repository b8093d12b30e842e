/* eslint-disable max-lines-per-function -- all of a user is one statement, so that it is as of one moment */
import type { Sql } from './database.ts';

// What is read as JSON bears the names of the columns, which are those of the export; its times are PostgreSQL's text.

/** No event has this id. */
const FIRST = '00000000-0000-0000-0000-000000000000';

/** What the service knows a user by. Bytes are hexadecimal. */
export interface Identifiers {
  readonly account_id: string;
  /** What audit events know the user by. */
  readonly subject_id: string;
}

/** Something with an address that is sealed: hexadecimal. Null: it has none. */
export interface SealedMember {
  readonly sealed_address: string | null;
}

/** Everything of a user but their audit events, as of one moment. */
export interface UserRecords {
  readonly exportedAt: Date;
  /** The key of the account's audit details, wrapped. */
  readonly wrappedKey: Uint8Array;
  readonly identifiers: Identifiers;
  readonly account: object;
  /** Null: the account has no address. */
  readonly address: object | null;
  readonly sessions: readonly { readonly id: string }[];
  /** The address of a link or a change is sealed with the key of the account. */
  readonly links: readonly SealedMember[];
  readonly emailChanges: readonly SealedMember[];
  readonly letters: readonly object[];
  readonly quotas: readonly object[];
  readonly mutes: readonly object[];
  readonly struckClaims: readonly object[];
}

/** Reads what refers to a user: by the account, or by the HMACs of address and account. Absent: there is no such account. */
export async function readUserRecords(
  sql: Sql,
  accountId: string,
  addressKey: Uint8Array | null,
  accountKey: Uint8Array,
): Promise<UserRecords | undefined> {
  const [records] = await sql<UserRecords[]>`
    select clock_timestamp() as "exportedAt", -- not null: a clock
           wrapped_key as "wrappedKey",
           json_build_object('account_id', account.id, 'subject_id', subject_id) as identifiers, -- not null: built
           (select to_json(it)
              from (select username, display_name, birthdate, locale, roles, mfa_enabled, created_at, updated_at, suspended_at,
                           changes_frozen_until, deletion_effective_at,
                           encode(deletion_commitment, 'hex') as deletion_commitment) as it) as account, -- not null: one row
           (select to_json(it)
              from (select email, state, last_event, moved_at, claim_id, replayable_until
                      from address where account_id = account.id) as it) as address,
           (select coalesce(json_agg(it order by id), '[]')
              from (select id, device_name, created_at, authenticated_at, amr, rotated_at, last_seen_at, ends_at
                      from session where account_id = account.id) as it) as sessions, -- not null: coalesced
           (select coalesce(json_agg(it order by id), '[]')
              from (select id, purpose, expires_at, encode(sealed_address, 'hex') as sealed_address
                      from account_token where account_id = account.id) as it) as links, -- not null: coalesced
           (select coalesce(json_agg(it), '[]')
              from (select id, tries, expires_at, encode(sealed_address, 'hex') as sealed_address
                      from email_change where account_id = account.id) as it) as "emailChanges", -- not null: coalesced
           (select coalesce(json_agg(it order by id), '[]')
              from (select id, kind, token_id, written_at, due_at, window_closes_at
                      from letter
                     where id in (select id from letter where address_key = ${addressKey}::bytea
                                  union all
                                  select letter.id from account_token join letter on token_id = account_token.id
                                   where account_id = account.id)
                       and change_id is null) as it) as letters, -- not null: coalesced
           (select coalesce(json_agg(it order by kind), '[]')
              from (select kind, hour_started_at, hour_count, day_started_at, day_count, touched_at
                      from address_quota where address_key in (${addressKey}::bytea, ${accountKey}::bytea)) as it) as quotas, -- not null: coalesced
           (select coalesce(json_agg(it), '[]') from (select muted_until from registration_mute where address_key = ${addressKey}::bytea) as it) as mutes, -- not null: coalesced
           (select coalesce(json_agg(it order by struck_at), '[]')
              from (select claim_id, struck_at from struck_claim where address_key = ${addressKey}::bytea) as it) as "struckClaims" -- not null: coalesced
      from account
      join audit_subject on audit_subject.id = subject_id
     where account.id = ${accountId}::uuid
  `;
  return records;
}

/** A budget of failures, by the key that it was asked for. */
export interface FailureBudget {
  /** Hexadecimal. */
  readonly key: string;
  readonly windowStartedAt: Date;
  readonly failures: number;
}

/** What is counted under these keys; nothing is where nothing has failed. */
export async function findFailureBudgets(sql: Sql, keys: readonly Uint8Array[]): Promise<readonly FailureBudget[]> {
  return sql<FailureBudget[]>`
    select encode(budget_key, 'hex') as key, -- not null: of a column that is not
           window_started_at as "windowStartedAt",
           failures
      from login_failure
     where budget_key = any (array(
             select decode(given, 'hex') from unnest(${keys.map((key) => Buffer.from(key).toString('hex'))}::text[]) as given))
  `;
}

/** Writes down that the user of a session exports the account; false: the session is over. */
export async function noteExport(
  sql: Sql,
  accountId: string,
  sessionId: string,
  act: { readonly requestId: string; readonly sealedDetails: Uint8Array | null },
): Promise<boolean> {
  const noted = await sql<{ id: string }[]>`
    insert into audit_event (event, subject_id, request_id, sealed_details)
    select 'account.exported', account.subject_id, ${act.requestId}, ${act.sealedDetails}::bytea
      from account
     where account.id = ${accountId}::uuid
       and session_is_live(${sessionId}::uuid, account, clock_timestamp())
    returning id
  `;
  return noted.length > 0;
}

/** An audit event, sealed as it is. */
export interface SealedEvent {
  readonly id: string;
  readonly occurredAt: Date;
  readonly event: string;
  /** Whose doing it was, if somebody else's. */
  readonly actorId: string | null;
  readonly requestId: string | null;
  readonly sealedDetails: Uint8Array | null;
}

/** Up to `limit` events of a subject in the order of time, from behind the given one; undefined: from the first. */
export async function listSubjectEvents(
  sql: Sql,
  subjectId: string,
  behind: string | undefined,
  limit: number,
): Promise<readonly SealedEvent[]> {
  return sql<SealedEvent[]>`
    select id,
           occurred_at as "occurredAt",
           event,
           actor_id as "actorId",
           request_id as "requestId",
           sealed_details as "sealedDetails"
      from audit_event
     where subject_id = ${subjectId}::uuid
       and id > ${behind ?? FIRST}::uuid
     order by id
     limit ${limit}::int
  `;
}

/** What somebody did to accounts of others; whose, and the details, are the others' to know. */
export interface ActOnOthers {
  readonly id: string;
  readonly occurredAt: Date;
  readonly event: string;
  readonly requestId: string | null;
}

/** The same of what a subject did to others. */
export async function listActsOnOthers(
  sql: Sql,
  actorId: string,
  behind: string | undefined,
  limit: number,
): Promise<readonly ActOnOthers[]> {
  return sql<ActOnOthers[]>`
    select id, occurred_at as "occurredAt", event, request_id as "requestId"
      from audit_event
     where actor_id = ${actorId}::uuid
       and subject_id is distinct from actor_id
       and id > ${behind ?? FIRST}::uuid
     order by id
     limit ${limit}::int
  `;
}
