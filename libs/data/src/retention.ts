import type { Sql } from './database.ts';

/** How overdue rows are counted. */
export interface Counting {
  /** The period (ISO 8601); of a column that holds the end itself it does not count. */
  readonly period: string;
  /** Rows that are overdue by less are not counted: a job comes by again and again. */
  readonly slackSeconds: number;
  /** So many are counted at most. */
  readonly most: number;
}

interface Overdue {
  readonly rows: number;
}

// What has no column to count from or until has no statement here. The order lets each look begin where an index does.

/** Claims whose deadline has passed, and locked ones. */
export async function overdueClaims(sql: Sql, { slackSeconds, most }: Counting): Promise<number> {
  const [overdue] = await sql<Overdue[]>`
    select count(*)::int as rows -- not null: a count
      from (select from address
             where expires_at <= (select clock_timestamp() - make_interval(secs => ${slackSeconds}::float8))
             order by expires_at
             limit ${most}::int) as due
  `;
  return overdue?.rows ?? 0;
}

/** Active addresses whose last claim need not be remembered any more. */
export async function overdueReplays(sql: Sql, { slackSeconds, most }: Counting): Promise<number> {
  const [overdue] = await sql<Overdue[]>`
    select count(*)::int as rows -- not null: a count
      from (select from address
             where replayable_until <= (select clock_timestamp() - make_interval(secs => ${slackSeconds}::float8))
             order by replayable_until
             limit ${most}::int) as due
  `;
  return overdue?.rows ?? 0;
}

/** Accounts whose user wished them to be erased by now, but for those that are kept: frozen, or the last administrator's. */
export async function overdueDeletions(sql: Sql, { slackSeconds, most }: Counting): Promise<number> {
  const [overdue] = await sql<Overdue[]>`
    select count(*)::int as rows -- not null: a count
      from (select from account
             where deletion_effective_at <= (select clock_timestamp() - make_interval(secs => ${slackSeconds}::float8))
               and coalesce(changes_frozen_until, '-infinity') <= (select clock_timestamp())
               and (suspended_at is not null or 'admin' <> all (roles) or exists (
                 select from account as other
                  where other.id <> account.id and 'admin' = any (other.roles) and other.suspended_at is null))
             order by deletion_effective_at
             limit ${most}::int) as due
  `;
  return overdue?.rows ?? 0;
}

/** Letters that must not be sent any more. */
export async function overdueLetters(sql: Sql, { slackSeconds, most }: Counting): Promise<number> {
  const [overdue] = await sql<Overdue[]>`
    select count(*)::int as rows -- not null: a count
      from (select from letter
             where window_closes_at <= (select clock_timestamp() - make_interval(secs => ${slackSeconds}::float8))
             order by window_closes_at
             limit ${most}::int) as due
  `;
  return overdue?.rows ?? 0;
}

/** Quotas whose day is over, and the hour that began last in it. */
export async function overdueQuotas(sql: Sql, { period, slackSeconds, most }: Counting): Promise<number> {
  const [overdue] = await sql<Overdue[]>`
    select count(*)::int as rows -- not null: a count
      from (select from address_quota
             where day_started_at <= (select clock_timestamp() - ${period}::text::interval
                                             - make_interval(secs => ${slackSeconds}::float8))
             order by day_started_at
             limit ${most}::int) as due
  `;
  return overdue?.rows ?? 0;
}

/** Mutes that have ended. */
export async function overdueMutes(sql: Sql, { slackSeconds, most }: Counting): Promise<number> {
  const [overdue] = await sql<Overdue[]>`
    select count(*)::int as rows -- not null: a count
      from (select from registration_mute
             where muted_until <= (select clock_timestamp() - make_interval(secs => ${slackSeconds}::float8))
             order by muted_until
             limit ${most}::int) as due
  `;
  return overdue?.rows ?? 0;
}

/** Strikes that the ledger need not remember. */
export async function overdueStrikes(sql: Sql, { period, slackSeconds, most }: Counting): Promise<number> {
  const [overdue] = await sql<Overdue[]>`
    select count(*)::int as rows -- not null: a count
      from (select from struck_claim
             where struck_at <= (select clock_timestamp() - ${period}::text::interval
                                        - make_interval(secs => ${slackSeconds}::float8))
             order by struck_at
             limit ${most}::int) as due
  `;
  return overdue?.rows ?? 0;
}

/** Idempotency keys that are too old. */
export async function overdueIdempotencyKeys(sql: Sql, { period, slackSeconds, most }: Counting): Promise<number> {
  const [overdue] = await sql<Overdue[]>`
    select count(*)::int as rows -- not null: a count
      from (select from idempotency_key
             where used_at <= (select clock_timestamp() - ${period}::text::interval
                                      - make_interval(secs => ${slackSeconds}::float8))
             order by used_at
             limit ${most}::int) as due
  `;
  return overdue?.rows ?? 0;
}

/** Sessions that have come to their end. */
export async function overdueSessions(sql: Sql, { slackSeconds, most }: Counting): Promise<number> {
  const [overdue] = await sql<Overdue[]>`
    select count(*)::int as rows -- not null: a count
      from (select from session
             where ends_at <= (select clock_timestamp() - make_interval(secs => ${slackSeconds}::float8))
             order by ends_at
             limit ${most}::int) as due
  `;
  return overdue?.rows ?? 0;
}

/** Failed log-ins whose window is over. */
export async function overdueLoginFailures(sql: Sql, { period, slackSeconds, most }: Counting): Promise<number> {
  const [overdue] = await sql<Overdue[]>`
    select count(*)::int as rows -- not null: a count
      from (select from login_failure
             where window_started_at <= (select clock_timestamp() - ${period}::text::interval
                                                - make_interval(secs => ${slackSeconds}::float8))
             order by window_started_at
             limit ${most}::int) as due
  `;
  return overdue?.rows ?? 0;
}

/** Tokens of links that are too old. */
export async function overdueAccountTokens(sql: Sql, { slackSeconds, most }: Counting): Promise<number> {
  const [overdue] = await sql<Overdue[]>`
    select count(*)::int as rows -- not null: a count
      from (select from account_token
             where expires_at <= (select clock_timestamp() - make_interval(secs => ${slackSeconds}::float8))
             order by expires_at
             limit ${most}::int) as due
  `;
  return overdue?.rows ?? 0;
}

/** Changes of address whose code came too late. */
export async function overdueEmailChanges(sql: Sql, { slackSeconds, most }: Counting): Promise<number> {
  const [overdue] = await sql<Overdue[]>`
    select count(*)::int as rows -- not null: a count
      from (select from email_change
             where expires_at <= (select clock_timestamp() - make_interval(secs => ${slackSeconds}::float8))
             order by expires_at
             limit ${most}::int) as due
  `;
  return overdue?.rows ?? 0;
}

/** Batches of audit events that are too old: the first ones, for they are numbered in the order of time. */
export async function overdueAuditBatches(sql: Sql, { period, slackSeconds, most }: Counting): Promise<number> {
  const [overdue] = await sql<Overdue[]>`
    select count(*)::int as rows -- not null: a count
      from (select newest_at from audit_batch order by number limit ${most}::int) as first
     where newest_at <= (select clock_timestamp() - ${period}::text::interval
                                - make_interval(secs => ${slackSeconds}::float8))
  `;
  return overdue?.rows ?? 0;
}

/** Audit events that are too old. Their ids are in the order of time (RFC 9562, 5.7), so their key finds them. */
export async function overdueAuditEvents(sql: Sql, { period, slackSeconds, most }: Counting): Promise<number> {
  const [overdue] = await sql<Overdue[]>`
    select count(*)::int as rows -- not null: a count
      from (select from audit_event
             where id < (select (lpad(to_hex((extract(epoch from clock_timestamp() - ${period}::text::interval
                                                - make_interval(secs => ${slackSeconds}::float8)) * 1000)::bigint),
                                      12, '0') || repeat('0', 20))::uuid)
             order by id
             limit ${most}::int) as due
  `;
  return overdue?.rows ?? 0;
}
