import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';

import { Database } from '#data/database';
import { purgeOnce } from '#data/purge-once';
import { Closing } from '#platform/http/closing';
import { failureWord } from '#platform/logging/failure-word';
import { Log } from '#platform/logging/log';
import { Metrics } from '#platform/metrics/metrics';

import { RetentionWatch } from './retention-watch.ts';
import { Timetable } from './timetable.ts';

const JOB = 'purge';

/**
 * Truth 6: releases claims that were not proven and forgets what is past its time. It runs once at the start of the
 * process and then every `PURGE_INTERVAL_SECONDS`; with 0 only at the start, and the flows clean up what they touch.
 */
@Injectable()
export class PurgeJob implements OnApplicationBootstrap {
  readonly #purged;
  #running: Promise<void> | undefined;

  constructor(
    private readonly db: Database,
    private readonly timetable: Timetable,
    private readonly log: Log,
    metrics: Metrics,
    closing: Closing,
    private readonly watch: RetentionWatch,
  ) {
    closing.at('jobs', () => this.finish());
    this.#purged = metrics.counter('troth_purged_rows_total', 'Rows removed by the purge job', ['kind']);
  }

  onApplicationBootstrap(): void {
    this.timetable.start(JOB, () => this.run());
  }

  /** Starts no more runs and waits for the one that goes on. */
  async finish(): Promise<void> {
    this.timetable.stop(JOB);
    await this.#running;
  }

  /** One run; a run that is still going on is waited for instead of doubled. Never throws: the next run comes. */
  run(): Promise<void> {
    this.#running ??= this.#purge()
      .then(() => this.watch.look())
      .finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #purge(): Promise<void> {
    try {
      const { purged } = await purgeOnce(this.db.sql);
      for (const [kind, rows] of Object.entries(purged)) this.#purged.inc({ kind }, rows);
    } catch (error) {
      this.log.warn('purge_failed', { reason: failureWord(error) });
    }
  }
}
