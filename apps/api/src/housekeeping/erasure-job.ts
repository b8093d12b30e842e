import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';

import { Database } from '#data/database';
import { findDueDeletions } from '#data/deletion';
import { Closing } from '#platform/http/closing';
import { failureWord } from '#platform/logging/failure-word';
import { Log } from '#platform/logging/log';

import { EraseAccount } from '../account-deletion/erase-account.usecase.ts';
import { Timetable } from './timetable.ts';

const JOB = 'erasure';
/** Accounts that one look finds. */
const BATCH = 50;

/** So many failures end a run: it is not the accounts that something is wrong with. */
const MOST_FAILURES = 3;

/**
 * Erases accounts whose users chose a day that has come, each in a transaction of its own. It runs when the purge does, and
 * on every replica; one that finds another one at it stops.
 */
@Injectable()
export class ErasureJob implements OnApplicationBootstrap {
  #running: Promise<void> | undefined;
  #closing = false;
  /** Accounts that are not erased: the log tells of each once in the life of the process, without naming it. */
  readonly #told = new Set<string>();

  constructor(
    private readonly db: Database,
    private readonly erasing: EraseAccount,
    private readonly timetable: Timetable,
    private readonly log: Log,
    closing: Closing,
  ) {
    closing.at('jobs', () => this.finish());
  }

  onApplicationBootstrap(): void {
    this.timetable.start(JOB, () => this.run());
  }

  /** Starts no more runs, and waits for the account at which the one is that goes on. */
  async finish(): Promise<void> {
    this.#closing = true;
    this.timetable.stop(JOB);
    await this.#running;
  }

  /** One run; a run that is still going on is waited for instead of doubled. Never throws: the next run comes. */
  run(): Promise<void> {
    this.#running ??= this.#eraseDue().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #eraseDue(): Promise<void> {
    const left: string[] = [];
    try {
      let due: readonly string[];
      let failures = 0;
      do {
        due = await findDueDeletions(this.db.sql, left, BATCH);
        for (const accountId of due) {
          if (this.#closing) return;
          const outcome = await this.#erase(accountId);
          if (outcome === 'busy' || (outcome === 'failed' && ++failures === MOST_FAILURES)) return;
          if (outcome !== 'gone') left.push(accountId);
        }
      } while (due.length === BATCH);
    } catch (error) {
      this.log.warn('erasure_failed', { reason: failureWord(error) });
    }
  }

  async #erase(accountId: string): Promise<'gone' | 'refused' | 'busy' | 'failed'> {
    try {
      const { outcome } = await this.erasing.judge(accountId, 'schedule');
      if (outcome === 'busy') return outcome;
      if (outcome !== 'last_admin' && outcome !== 'frozen') return 'gone';
      if (!this.#told.has(accountId)) this.log.warn('scheduled_deletion_refused', { reason: outcome });
      this.#told.add(accountId);
      return 'refused';
    } catch (error) {
      this.log.warn('erasure_failed', { reason: failureWord(error) });
      return 'failed';
    }
  }
}
