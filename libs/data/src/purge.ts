import type { Sql } from './database.ts';

// Each statement takes the purge's lock, which ends with it: so one replica cleans at a time, and null says that another
// one does. A clock in a subquery is read once and can be looked up in an index; by itself it is volatile, and every row
// is read.

/** Releases overdue and locked claims. Null: another replica is at it. */
export async function purgeClaims(sql: Sql, limit: number): Promise<number | null> {
  const [row] = await sql<{ purged: number | null }[]>`
    select purge_claims(${limit}::int) as purged
  `;
  return row?.purged ?? null;
}

/** Forgets the claim ids of active addresses whose replay window is over. Null: another replica is at it. */
export async function forgetReplays(sql: Sql, limit: number): Promise<number | null> {
  const [row] = await sql<{ purged: number | null }[]>`
    with turn as materialized (
      select purge_is_mine() as mine),
    swept as (
      update address
         set claim_id = null, claim_key_id = null, code_length = null, replayable_until = null
       where email = any (array(
               select email from address
                where (select mine from turn) and replayable_until <= (select clock_timestamp())
                order by replayable_until
                limit ${limit}::int
                  for update skip locked))
      returning true)
    select case when mine then (select count(*) from swept)::int end as purged from turn
  `;
  return row?.purged ?? null;
}

/** Drops letters whose window has closed. Null: another replica is at it. */
export async function purgeLetters(sql: Sql, limit: number): Promise<number | null> {
  const [row] = await sql<{ purged: number | null }[]>`
    with turn as materialized (
      select purge_is_mine() as mine),
    swept as (
      delete from letter
       where id = any (array(
               select id from letter
                where (select mine from turn) and window_closes_at <= (select clock_timestamp())
                order by window_closes_at
                limit ${limit}::int
                  for update skip locked))
      returning true)
    select case when mine then (select count(*) from swept)::int end as purged from turn
  `;
  return row?.purged ?? null;
}

/** Forgets quotas whose hour and day are over. Null: another replica is at it. */
export async function purgeQuotas(sql: Sql, limit: number): Promise<number | null> {
  const [row] = await sql<{ purged: number | null }[]>`
    with turn as materialized (
      select purge_is_mine() as mine),
    swept as (
      delete from address_quota
       where (address_key, kind) in (
               select address_key, kind from address_quota
                where (select mine from turn)
                  and day_started_at <= (select clock_timestamp()) - interval '1 day'
                  and hour_started_at <= (select clock_timestamp()) - interval '1 hour'
                order by day_started_at
                limit ${limit}::int
                  for update skip locked)
      returning true)
    select case when mine then (select count(*) from swept)::int end as purged from turn
  `;
  return row?.purged ?? null;
}

/** Forgets mutes that have ended. Null: another replica is at it. */
export async function purgeMutes(sql: Sql, limit: number): Promise<number | null> {
  const [row] = await sql<{ purged: number | null }[]>`
    with turn as materialized (
      select purge_is_mine() as mine),
    swept as (
      delete from registration_mute
       where address_key = any (array(
               select address_key from registration_mute
                where (select mine from turn) and muted_until <= (select clock_timestamp())
                order by muted_until
                limit ${limit}::int
                  for update skip locked))
      returning true)
    select case when mine then (select count(*) from swept)::int end as purged from turn
  `;
  return row?.purged ?? null;
}

/** Forgets strikes of the ledger that are older than 30 days. Null: another replica is at it. */
export async function purgeStrikes(sql: Sql, limit: number): Promise<number | null> {
  const [row] = await sql<{ purged: number | null }[]>`
    with turn as materialized (
      select purge_is_mine() as mine),
    swept as (
      delete from struck_claim
       where claim_id = any (array(
               select claim_id from struck_claim
                where (select mine from turn) and struck_at <= (select clock_timestamp()) - interval '30 days'
                order by struck_at
                limit ${limit}::int
                  for update skip locked))
      returning true)
    select case when mine then (select count(*) from swept)::int end as purged from turn
  `;
  return row?.purged ?? null;
}

/** Forgets idempotency keys that are older than 24 hours. Null: another replica is at it. */
export async function purgeIdempotencyKeys(sql: Sql, limit: number): Promise<number | null> {
  const [row] = await sql<{ purged: number | null }[]>`
    with turn as materialized (
      select purge_is_mine() as mine),
    swept as (
      delete from idempotency_key
       where scope = any (array(
               select scope from idempotency_key
                where (select mine from turn) and used_at <= (select clock_timestamp()) - interval '24 hours'
                order by used_at
                limit ${limit}::int
                  for update skip locked))
      returning true)
    select case when mine then (select count(*) from swept)::int end as purged from turn
  `;
  return row?.purged ?? null;
}

/** Forgets sessions that have come to their end. Null: another replica is at it. */
export async function purgeSessions(sql: Sql, limit: number): Promise<number | null> {
  const [row] = await sql<{ purged: number | null }[]>`
    with turn as materialized (
      select purge_is_mine() as mine),
    swept as (
      delete from session
       where id = any (array(
               select id from session
                where (select mine from turn) and ends_at <= (select clock_timestamp())
                order by ends_at
                limit ${limit}::int
                  for update skip locked))
      returning true)
    select case when mine then (select count(*) from swept)::int end as purged from turn
  `;
  return row?.purged ?? null;
}

/** Forgets keys of access tokens whose successor has signed for two hours: no token of theirs is good any more. */
export async function purgeSigningKeys(sql: Sql, limit: number): Promise<number | null> {
  const [row] = await sql<{ purged: number | null }[]>`
    with turn as materialized (
      select purge_is_mine() as mine),
    swept as (
      delete from signing_key
       where kid = any (array(
               select kid from signing_key
                where (select mine from turn)
                  and signs_from < (select max(signs_from) from signing_key
                                     where signs_from <= (select clock_timestamp()) - interval '2 hours')
                order by signs_from
                limit ${limit}::int
                  for update skip locked))
      returning true)
    select case when mine then (select count(*) from swept)::int end as purged from turn
  `;
  return row?.purged ?? null;
}

/** Forgets failed log-ins whose window is over. Null: another replica is at it. */
export async function purgeLoginFailures(sql: Sql, limit: number): Promise<number | null> {
  const [row] = await sql<{ purged: number | null }[]>`
    with turn as materialized (
      select purge_is_mine() as mine),
    swept as (
      delete from login_failure
       where budget_key = any (array(
               select budget_key from login_failure
                where (select mine from turn) and window_started_at <= (select clock_timestamp()) - interval '1 hour'
                order by window_started_at
                limit ${limit}::int
                  for update skip locked))
      returning true)
    select case when mine then (select count(*) from swept)::int end as purged from turn
  `;
  return row?.purged ?? null;
}

/** Forgets changes of address whose code came too late. Null: another replica is at it. */
export async function purgeEmailChanges(sql: Sql, limit: number): Promise<number | null> {
  const [row] = await sql<{ purged: number | null }[]>`
    with turn as materialized (
      select purge_is_mine() as mine),
    swept as (
      delete from email_change
       where id = any (array(
               select id from email_change
                where (select mine from turn) and expires_at <= (select clock_timestamp())
                order by expires_at
                limit ${limit}::int
                  for update skip locked))
      returning true)
    select case when mine then (select count(*) from swept)::int end as purged from turn
  `;
  return row?.purged ?? null;
}

/** Forgets tokens of links that are too old. Null: another replica is at it. */
export async function purgeAccountTokens(sql: Sql, limit: number): Promise<number | null> {
  const [row] = await sql<{ purged: number | null }[]>`
    with turn as materialized (
      select purge_is_mine() as mine),
    swept as (
      delete from account_token
       where id = any (array(
               select id from account_token
                where (select mine from turn) and expires_at <= (select clock_timestamp())
                order by expires_at
                limit ${limit}::int
                  for update skip locked))
      returning true)
    select case when mine then (select count(*) from swept)::int end as purged from turn
  `;
  return row?.purged ?? null;
}
