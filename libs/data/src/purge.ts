import type { Sql } from './database.ts';

// A clock in a subquery is read once and can be looked up in an index; by itself it is volatile, and every row is read.

/** Rows that one statement cleans up at most, so that it holds no lock for long. */
export const PURGE_BATCH = 500;

/** Releases overdue and locked claims. Null: another replica is at it. */
export async function purgeClaims(sql: Sql, limit: number): Promise<number | null> {
  const [row] = await sql<{ purged: number | null }[]>`
    select purge_claims(${limit}::int) as purged
  `;
  return row?.purged ?? null;
}

/** Forgets the claim ids of active addresses whose replay window is over. */
export async function forgetReplays(sql: Sql, limit: number): Promise<number> {
  const rows = await sql<{ email: string }[]>`
    update address
       set claim_id = null, claim_key_id = null, code_length = null, replayable_until = null
     where email = any (array(
             select email from address
              where replayable_until <= (select clock_timestamp())
              order by replayable_until
              limit ${limit}::int
                for update skip locked))
    returning email
  `;
  return rows.length;
}

/** Forgets quotas whose hour and day are over. */
export async function purgeQuotas(sql: Sql, limit: number): Promise<number> {
  const rows = await sql<{ kind: string }[]>`
    delete from address_quota
     where (address_key, kind) in (
             select address_key, kind from address_quota
              where day_started_at <= (select clock_timestamp()) - interval '1 day'
                and hour_started_at <= (select clock_timestamp()) - interval '1 hour'
              order by day_started_at
              limit ${limit}::int
                for update skip locked)
    returning kind
  `;
  return rows.length;
}

/** Forgets mutes that have ended. */
export async function purgeMutes(sql: Sql, limit: number): Promise<number> {
  const rows = await sql<{ ended: boolean }[]>`
    delete from registration_mute
     where address_key = any (array(
             select address_key from registration_mute
              where muted_until <= (select clock_timestamp())
              order by muted_until
              limit ${limit}::int
                for update skip locked))
    returning true as ended -- not null
  `;
  return rows.length;
}

/** Forgets strikes of the ledger that are older than 30 days. */
export async function purgeStrikes(sql: Sql, limit: number): Promise<number> {
  const rows = await sql<{ claimId: string }[]>`
    delete from struck_claim
     where claim_id = any (array(
             select claim_id from struck_claim
              where struck_at <= (select clock_timestamp()) - interval '30 days'
              order by struck_at
              limit ${limit}::int
                for update skip locked))
    returning claim_id as "claimId"
  `;
  return rows.length;
}

/** Forgets idempotency keys that are older than 24 hours. */
export async function purgeIdempotencyKeys(sql: Sql, limit: number): Promise<number> {
  const rows = await sql<{ used: boolean }[]>`
    delete from idempotency_key
     where scope = any (array(
             select scope from idempotency_key
              where used_at <= (select clock_timestamp()) - interval '24 hours'
              order by used_at
              limit ${limit}::int
                for update skip locked))
    returning true as used -- not null
  `;
  return rows.length;
}
