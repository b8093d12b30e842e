import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { overdueRows, slackOf } from '#data/retention-report';
import { Config } from '#platform/config/config';
import { failureWord } from '#platform/logging/failure-word';
import { Log } from '#platform/logging/log';
import { Metrics } from '#platform/metrics/metrics';

/** Counted at most of each kind: so many that nobody waits for, and that tell enough. */
const MOST = 10_000;

/** Tells in a metric whether the purge leaves anything behind that is past its date. */
@Injectable()
export class RetentionWatch {
  #overdue: ReadonlyMap<string, number> = new Map();

  constructor(
    private readonly config: Config,
    private readonly db: Database,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    metrics.gauges('troth_retention_overdue_rows', 'Rows past their date by table', 'table', () => this.#overdue);
  }

  /** Counts anew. Never throws: the next look comes. */
  async look(): Promise<void> {
    try {
      const slackSeconds = slackOf(this.config.purgeIntervalSeconds);
      const found = await overdueRows(this.db.sql, { slackSeconds, most: MOST });
      const overdue = new Map<string, number>();
      for (const { table, rows } of found) overdue.set(table, (overdue.get(table) ?? 0) + rows);
      this.#overdue = overdue;
    } catch (error) {
      this.log.warn('retention_report_failed', { reason: failureWord(error) });
    }
  }
}
