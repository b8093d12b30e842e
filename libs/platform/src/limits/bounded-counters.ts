import { Injectable } from '@nestjs/common';
import type { ThrottlerStorage } from '@nestjs/throttler';

import { Generations } from '../memory/generations.ts';

/** How many counters are kept at most: about 20 MB. */
export const MOST_COUNTERS = 100_000;
/** Two for those below half of their limit, two for the others. */
const GENERATIONS = 4;

/** What a counter says about one more request. Times are in seconds, rounded up. */
export interface Verdict {
  readonly totalHits: number;
  readonly timeToExpire: number;
  readonly isBlocked: boolean;
  readonly timeToBlockExpire: number;
}

interface Counter {
  /** When the current window began, in milliseconds. */
  began: number;
  previous: number;
  current: number;
  readonly windowMs: number;
}

/**
 * Counts the requests of each source in this process, in bounded memory: one sliding-window counter a key, which is the
 * count of the current window plus the share of the previous one that still overlaps the last `ttl` milliseconds. A
 * refused request is not counted.
 *
 * When there is no room, counters go that were not used for long. Those that have let through half of their limit or
 * more have room of their own. So a source that has used up its limit is not forgotten by sending one request from each
 * of many others: it would take a quarter as many sources as there is room for, each of them at half its limit at
 * least, and whoever has those gains nothing by one more.
 */
@Injectable()
export class BoundedCounters implements ThrottlerStorage {
  readonly #cold: Generations<Counter>;
  readonly #hot: Generations<Counter>;
  #longestWindow = 0;
  #agedAt: number;

  constructor(
    room = MOST_COUNTERS,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#cold = new Generations(Math.ceil(room / GENERATIONS));
    this.#hot = new Generations(Math.ceil(room / GENERATIONS));
    this.#agedAt = now();
  }

  /** How many counters there are now. */
  get size(): number {
    return this.#cold.size + this.#hot.size;
  }

  /** What the library's own guard would call. */
  increment(key: string, ttl: number, limit: number): Promise<Verdict> {
    return Promise.resolve(this.count(key, ttl, limit));
  }

  /** Counts a request if `limit` allows it. `ttl` is the window in milliseconds. */
  count(key: string, ttl: number, limit: number): Verdict {
    const now = Math.floor(this.now()); // whole milliseconds add up exactly
    this.#forgetExpired(now, ttl);
    const counter = this.#counter(key, ttl, now);
    const verdict = judge(counter, limit, now);
    if (!verdict.isBlocked) counter.current += 1;
    this.#keep(key, counter, counter.current + counter.previous >= limit / 2);
    return { ...verdict, totalHits: verdict.totalHits + (verdict.isBlocked ? 0 : 1) };
  }

  /** What `count` would say of a request, without counting it. */
  look(key: string, ttl: number, limit: number): Verdict {
    const now = Math.floor(this.now());
    return judge(this.#counter(key, ttl, now), limit, now);
  }

  /** Takes a counted request back, from the window that the counter is in by now: one that has none takes none. */
  takeBack(key: string): void {
    const counter = this.#hot.get(key) ?? this.#cold.get(key);
    if (counter && counter.current > 0) counter.current -= 1;
  }

  #counter(key: string, windowMs: number, now: number): Counter {
    const counter = this.#hot.get(key) ?? this.#cold.get(key) ?? { began: now, previous: 0, current: 0, windowMs };
    slide(counter, now);
    return counter;
  }

  #keep(key: string, counter: Counter, isHot: boolean): void {
    const [kept, left] = isHot ? [this.#hot, this.#cold] : [this.#cold, this.#hot];
    left.delete(key);
    kept.put(key, counter);
  }

  // A counter says nothing more after two of its windows; a generation that nobody used for so long goes.
  #forgetExpired(now: number, windowMs: number): void {
    this.#longestWindow = Math.max(this.#longestWindow, windowMs);
    if (now - this.#agedAt < 2 * this.#longestWindow) return;
    this.#cold.age();
    this.#hot.age();
    this.#agedAt = now;
  }
}

function judge(counter: Counter, limit: number, now: number): Verdict {
  const used = weighted(counter, now);
  const isBlocked = used + 1 > limit;
  return {
    totalHits: Math.ceil(used),
    timeToExpire: seconds(counter.began + counter.windowMs - now),
    isBlocked,
    timeToBlockExpire: isBlocked ? seconds(wait(counter, limit, now)) : 0,
  };
}

function slide(counter: Counter, now: number): void {
  const windows = Math.floor((now - counter.began) / counter.windowMs);
  if (windows < 1) return;
  counter.previous = windows === 1 ? counter.current : 0;
  counter.current = 0;
  counter.began += windows * counter.windowMs;
}

function weighted(counter: Counter, now: number): number {
  return counter.current + counter.previous * (1 - (now - counter.began) / counter.windowMs);
}

// Milliseconds until one more request fits, if no other one comes.
function wait(counter: Counter, limit: number, now: number): number {
  const { began, previous, current, windowMs } = counter;
  const room = limit - 1;
  if (current <= room) return began + windowMs * (1 - (room - current) / previous) - now;
  return began + windowMs * (2 - room / current) - now;
}

function seconds(milliseconds: number): number {
  return Math.max(1, Math.ceil(milliseconds / 1_000));
}
