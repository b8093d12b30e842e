import type { Sql } from './database.ts';
import { dropClosedLetters } from './letter.ts';
import {
  forgetReplays,
  PURGE_BATCH,
  purgeClaims,
  purgeIdempotencyKeys,
  purgeMutes,
  purgeQuotas,
  purgeStrikes,
} from './purge.ts';

/** What one run removed, in rows. */
export interface Purged {
  readonly claims: number;
  readonly replays: number;
  readonly letters: number;
  readonly quotas: number;
  readonly mutes: number;
  readonly strikes: number;
  readonly idempotencyKeys: number;
}

/** Cleans up everything that is due, batch by batch. Undefined: another replica is at it. Safe to call at any time. */
export async function purgeOnce(sql: Sql): Promise<Purged | undefined> {
  const first = await purgeClaims(sql, PURGE_BATCH);
  if (first === null) return undefined;
  const rest = first < PURGE_BATCH ? 0 : await exhaust(async () => (await purgeClaims(sql, PURGE_BATCH)) ?? 0);
  return {
    claims: first + rest,
    replays: await exhaust(() => forgetReplays(sql, PURGE_BATCH)),
    letters: await exhaust(() => dropClosedLetters(sql, PURGE_BATCH)),
    quotas: await exhaust(() => purgeQuotas(sql, PURGE_BATCH)),
    mutes: await exhaust(() => purgeMutes(sql, PURGE_BATCH)),
    strikes: await exhaust(() => purgeStrikes(sql, PURGE_BATCH)),
    idempotencyKeys: await exhaust(() => purgeIdempotencyKeys(sql, PURGE_BATCH)),
  };
}

async function exhaust(batch: () => Promise<number>): Promise<number> {
  let total = 0;
  for (;;) {
    const rows = await batch();
    total += rows;
    if (rows < PURGE_BATCH) return total;
  }
}
