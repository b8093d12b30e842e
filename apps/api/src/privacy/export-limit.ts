import { Injectable } from '@nestjs/common';

import { Config } from '#platform/config/config';
import { BoundedCounters } from '#platform/limits/bounded-counters';

const HOUR_MS = 3_600_000;

/** Exports of one account in any hour, whatever sources they come from. `RATE_LIMIT_SCALE` multiplies it. */
const EXPORTS_PER_HOUR = 5;

/** Keeps one account from being exported without end. Each process counts for itself, as it does refreshes. */
@Injectable()
export class ExportLimit {
  readonly #counters = new BoundedCounters();
  readonly #limit: number;

  constructor(config: Config) {
    this.#limit = Math.max(1, Math.floor(EXPORTS_PER_HOUR * config.rateLimitScale));
  }

  /** Counts an export of the account; returns the seconds that it has to wait, 0 for none. */
  count(accountId: string): number {
    return this.#counters.count(accountId, HOUR_MS, this.#limit).timeToBlockExpire;
  }
}
