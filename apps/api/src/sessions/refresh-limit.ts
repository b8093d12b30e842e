import { Injectable } from '@nestjs/common';

import { Config } from '#platform/config/config';
import { BoundedCounters } from '#platform/limits/bounded-counters';

const MINUTE_MS = 60_000;

/** Refreshes of one session in any minute, whatever sources they come from. `RATE_LIMIT_SCALE` multiplies it. */
const REFRESHES_PER_MINUTE = 30;

/**
 * Keeps one session from being refreshed without end. Each process counts for itself: a refresh is one write of one row,
 * and a counter in the database would be a second one.
 */
@Injectable()
export class RefreshLimit {
  readonly #counters = new BoundedCounters();
  readonly #limit: number;

  constructor(config: Config) {
    this.#limit = Math.max(1, Math.floor(REFRESHES_PER_MINUTE * config.rateLimitScale));
  }

  /** Counts a refresh of the session; returns the seconds that it has to wait, 0 for none. */
  count(sessionId: string): number {
    return this.#counters.count(sessionId, MINUTE_MS, this.#limit).timeToBlockExpire;
  }
}
