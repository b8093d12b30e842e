import type { Sql } from './database.ts';
import { readInventory, retentionRules, type RetentionRule } from './inventory.ts';
import {
  overdueAccountTokens,
  overdueAuditBatches,
  overdueAuditEvents,
  overdueClaims,
  overdueDeletions,
  overdueEmailChanges,
  overdueIdempotencyKeys,
  overdueLetters,
  overdueLoginFailures,
  overdueMutes,
  overdueQuotas,
  overdueReplays,
  overdueSessions,
  overdueStrikes,
  type Counting,
} from './retention.ts';

/** What becomes of rows that are past their date, and how many of them there are. */
interface Watch {
  /** The table, and the column that its period counts from or that holds the end. */
  readonly table: string;
  readonly column: string;
  /** In words for everybody. */
  readonly act: string;
  readonly count: (sql: Sql, counting: Counting) => Promise<number>;
}

/**
 * Every table with a period. A test compares it with the comments of the columns, and puts a row past its date into
 * each. A new one is a statement in retention.ts, a line here, and a sweep of the purge.
 */
export const WATCHES: readonly Watch[] = [
  { table: 'address', column: 'expires_at', act: 'The claim is released.', count: overdueClaims },
  { table: 'address', column: 'replayable_until', act: 'The columns are emptied.', count: overdueReplays },
  { table: 'account', column: 'deletion_effective_at', act: 'The account is erased.', count: overdueDeletions },
  { table: 'letter', column: 'window_closes_at', act: 'The row is deleted.', count: overdueLetters },
  { table: 'address_quota', column: 'day_started_at', act: 'The row is deleted.', count: overdueQuotas },
  { table: 'registration_mute', column: 'muted_until', act: 'The row is deleted.', count: overdueMutes },
  { table: 'struck_claim', column: 'struck_at', act: 'The row is deleted.', count: overdueStrikes },
  { table: 'idempotency_key', column: 'used_at', act: 'The row is deleted.', count: overdueIdempotencyKeys },
  { table: 'session', column: 'ends_at', act: 'The row is deleted.', count: overdueSessions },
  { table: 'login_failure', column: 'window_started_at', act: 'The row is deleted.', count: overdueLoginFailures },
  { table: 'account_token', column: 'expires_at', act: 'The row is deleted.', count: overdueAccountTokens },
  { table: 'email_change', column: 'expires_at', act: 'The row is deleted.', count: overdueEmailChanges },
  {
    table: 'audit_batch',
    column: 'newest_at',
    act: 'It is dropped with its events behind a signed checkpoint.',
    count: overdueAuditBatches,
  },
  {
    table: 'audit_event',
    column: 'occurred_at',
    act: 'Whole batches are dropped behind a signed checkpoint.',
    count: overdueAuditEvents,
  },
];

/** What becomes of the rows of a rule when they are past their date; undefined: they have none. */
export function watchOf({ table, from, until }: RetentionRule): Watch | undefined {
  return WATCHES.find((watch) => watch.table === table && watch.column === (from ?? until));
}

/** By how many seconds rows may be past their date while all is well: the job comes by once in its interval, and takes a while. */
export function slackOf(purgeIntervalSeconds: number): number {
  return purgeIntervalSeconds + 5;
}

/** How many rows of a table are past their date. */
export interface OverdueRows {
  readonly table: string;
  readonly column: string;
  readonly rows: number;
}

/** Counts the rows that are past their date by more than the slack, up to `most` of each kind. */
export async function overdueRows(
  sql: Sql,
  bounds: Pick<Counting, 'slackSeconds' | 'most'>,
): Promise<readonly OverdueRows[]> {
  const found: OverdueRows[] = [];
  for (const rule of retentionRules(await readInventory(sql))) {
    const watch = watchOf(rule);
    if (watch === undefined) continue;
    const rows = await watch.count(sql, { ...bounds, period: rule.retention });
    found.push({ table: watch.table, column: watch.column, rows });
  }
  return found;
}
