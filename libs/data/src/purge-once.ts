import type { Sql } from './database.ts';
import {
  forgetReplays,
  purgeAccountTokens,
  purgeClaims,
  purgeEmailChanges,
  purgeIdempotencyKeys,
  purgeLetters,
  purgeLoginFailures,
  purgeMutes,
  purgeQuotas,
  purgeSessions,
  purgeSigningKeys,
  purgeStrikes,
} from './purge.ts';

/**
 * Rows that one statement cleans up at most where a flow of an address may come upon them: it waits for the statement,
 * which takes some milliseconds.
 */
export const FLOW_BATCH = 50;

/** The same where no flow ever waits for the rows. */
const BATCH = 500;

/** What there is to clean up, in this order. */
const SWEEPS = [
  ['claims', purgeClaims, FLOW_BATCH],
  ['replays', forgetReplays, FLOW_BATCH],
  ['letters', purgeLetters, BATCH],
  ['quotas', purgeQuotas, FLOW_BATCH],
  ['mutes', purgeMutes, FLOW_BATCH],
  ['strikes', purgeStrikes, BATCH],
  ['idempotencyKeys', purgeIdempotencyKeys, FLOW_BATCH],
  ['sessions', purgeSessions, FLOW_BATCH],
  ['loginFailures', purgeLoginFailures, FLOW_BATCH],
  ['accountTokens', purgeAccountTokens, FLOW_BATCH],
  ['emailChanges', purgeEmailChanges, FLOW_BATCH],
  ['signingKeys', purgeSigningKeys, BATCH],
] as const;

/** What one run came to. */
export interface PurgeRun {
  /** Rows cleaned up, by kind. */
  readonly purged: Readonly<Record<(typeof SWEEPS)[number][0], number>>;
  /** False: another replica was at it, or came in between, and its run cleans up what this one did not. */
  readonly isWhole: boolean;
}

/** Cleans up everything that is due, batch by batch. Safe to call at any time, on any number of replicas. */
export async function purgeOnce(sql: Sql): Promise<PurgeRun> {
  const purged: Record<(typeof SWEEPS)[number][0], number> = {
    claims: 0,
    replays: 0,
    letters: 0,
    quotas: 0,
    mutes: 0,
    strikes: 0,
    idempotencyKeys: 0,
    sessions: 0,
    loginFailures: 0,
    accountTokens: 0,
    emailChanges: 0,
    signingKeys: 0,
  };
  for (const [kind, sweep, batch] of SWEEPS) {
    let rows: number | null = batch;
    while (rows === batch) {
      rows = await sweep(sql, batch);
      if (rows === null) return { purged, isWhole: false };
      purged[kind] += rows;
    }
  }
  return { purged, isWhole: true };
}
