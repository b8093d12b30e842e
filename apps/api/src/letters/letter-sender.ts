import { setTimeout as pause } from 'node:timers/promises';

import { Injectable, type OnApplicationBootstrap } from '@nestjs/common';

import { Database } from '#data/database';
import { leaseLetters, postponeLetter, type LeasedLetter } from '#data/letter';
import { Closing } from '#platform/http/closing';
import { failureWord } from '#platform/logging/failure-word';
import { Log } from '#platform/logging/log';
import { Mailbox, type Delivery } from '#platform/mail/mailbox';
import { Metrics } from '#platform/metrics/metrics';

import { LetterWriter } from './letter-writer.ts';
import { SettledLetters } from './settled-letters.ts';

/** Letters on their way at once: one that hangs holds up none of the others. */
const MOST_AT_ONCE = 16;
const POLL_MS = 1_000;
/** Long enough for the answer that caused the letter to leave first. */
const WAKE_MS = 5;
/** Under load, one look takes the letters of this many milliseconds. */
const GAP_MS = 60;
/** A lease is ten seconds; whoever is late must not send what another replica may send by now. */
const LEASE_MS = 9_000;
const LONGEST_PAUSE_SECONDS = 60;
/** At the end of the process: how long letters are still taken, and waited for in all; SMTP takes 4 s a letter at most. */
const LAST_ROUND_MS = 500;
const LAST_LETTERS_MS = 5_000;
/** What is not removed by then is sent again by whoever finds it. */
const LAST_REMOVAL_MS = 2_000;

/** Sends what the outbox holds, after the commit and beside every request. Any number of replicas do so at once. */
@Injectable()
export class LetterSender implements OnApplicationBootstrap {
  readonly #onTheirWay = new Set<Promise<void>>();
  readonly #settled: SettledLetters;
  readonly #letters;
  readonly #age;
  #poll: NodeJS.Timeout | undefined;
  #wake: NodeJS.Timeout | undefined;
  #round: Promise<void> | undefined;
  #again = false;
  #lookedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(
    private readonly db: Database,
    private readonly mailbox: Mailbox,
    private readonly writer: LetterWriter,
    private readonly log: Log,
    metrics: Metrics,
    closing: Closing,
  ) {
    closing.at('letters', () => this.finish());
    this.#settled = new SettledLetters(db, log);
    this.#letters = metrics.counter('troth_letters_total', 'Letters by kind and what became of them', [
      'kind',
      'outcome',
    ]);
    this.#age = metrics.histogram('troth_letter_age_seconds', 'Time from the commit of a letter to its sending', [
      'kind',
    ]);
  }

  onApplicationBootstrap(): void {
    this.#poll = setInterval(() => {
      this.#look();
      void this.#settled.remove();
    }, POLL_MS);
    this.#look();
  }

  /** Says that there may be something to send. Costs next to nothing and returns at once. */
  wake(): void {
    if (this.#closed || this.#wake) return;
    const pause = Math.max(WAKE_MS, this.#lookedAt + GAP_MS - performance.now());
    this.#wake = setTimeout(() => {
      this.#wake = undefined;
      this.#look();
    }, pause);
  }

  /**
   * Takes what is due in one last round and waits for what is on its way, for five seconds at most. What is left in the
   * outbox then is for another replica, or for the next start.
   */
  async finish(): Promise<void> {
    clearInterval(this.#poll);
    clearTimeout(this.#wake);
    this.#look();
    await within(LAST_ROUND_MS, this.#emptied());
    this.#closed = true;
    await within(LAST_LETTERS_MS - LAST_ROUND_MS, this.#emptied());
    await within(LAST_REMOVAL_MS, this.#settled.remove());
  }

  async #emptied(): Promise<void> {
    while (this.#round !== undefined || this.#onTheirWay.size > 0)
      await Promise.all([this.#round, ...this.#onTheirWay]);
  }

  #look(): void {
    if (this.#closed) return;
    if (this.#round) {
      this.#again = true;
      return;
    }
    this.#lookedAt = performance.now();
    this.#round = this.#takeAll().finally(() => {
      this.#round = undefined;
      if (this.#again) {
        this.#again = false;
        this.#look();
      }
    });
  }

  async #takeAll(): Promise<void> {
    try {
      for (;;) {
        const room = MOST_AT_ONCE - this.#onTheirWay.size;
        if (room === 0 || this.#closed) return;
        const rows = await leaseLetters(this.db.sql, room);
        for (const row of rows) if (!this.#settled.has(row.id)) this.#send(row);
        if (rows.length < room) return;
      }
    } catch (error) {
      this.log.warn('letters_not_taken', { reason: failureWord(error) });
    }
  }

  #send(row: LeasedLetter): void {
    const sending = this.#deliver(row)
      .catch((error: unknown) => this.log.warn('letter_not_settled', { reason: failureWord(error) }))
      .finally(() => {
        this.#onTheirWay.delete(sending);
        if (this.#onTheirWay.size === MOST_AT_ONCE - 1) this.#look();
      });
    this.#onTheirWay.add(sending);
  }

  async #deliver(row: LeasedLetter): Promise<void> {
    const letter = this.writer.write(row, Math.max(1, Math.floor(row.windowLeftMs / 1000)));
    if (letter === undefined) return this.#settle(row, { kind: 'never', reason: 'unreadable' });
    const milliseconds = Math.min(row.windowLeftMs, LEASE_MS);
    await this.#settle(row, await this.mailbox.send(letter, { milliseconds }));
  }

  async #settle(row: LeasedLetter, delivery: Delivery): Promise<void> {
    this.#letters.inc({ kind: row.kind, outcome: delivery.kind });
    if (delivery.kind === 'later') {
      const pauseSeconds = Math.min(2 ** (row.attempts - 1), LONGEST_PAUSE_SECONDS);
      this.log.warn('letter_postponed', { letter: row.id, kind: row.kind, reason: delivery.reason, pauseSeconds });
      return postponeLetter(this.db.sql, row.id, pauseSeconds);
    }
    if (delivery.kind === 'never')
      this.log.warn('letter_refused', { letter: row.id, kind: row.kind, reason: delivery.reason });
    else this.#age.observe({ kind: row.kind }, row.ageMs / 1000);
    this.#settled.add(row.id);
  }
}

async function within(milliseconds: number, work: Promise<void>): Promise<void> {
  const bound = new AbortController();
  await Promise.race([work, pause(milliseconds, undefined, { signal: bound.signal }).catch(() => undefined)]);
  bound.abort();
}
