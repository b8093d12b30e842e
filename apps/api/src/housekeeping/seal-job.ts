import { Injectable, type OnApplicationBootstrap, type OnModuleInit } from '@nestjs/common';

import { type AuditTail, continueAuditNumbering, findAuditTail } from '#data/audit-batch';
import { Database } from '#data/database';
import { type AuditHead, headOf, linkOf } from '#platform/audit/chain';
import { dropOldestBatch } from '#platform/audit/drop';
import { newestLink, sealNextBatch } from '#platform/audit/seal';
import { Closing } from '#platform/http/closing';
import { KeyRing } from '#platform/keys/key-ring';
import { failureWord } from '#platform/logging/failure-word';
import { Log } from '#platform/logging/log';
import { Metrics } from '#platform/metrics/metrics';

import { Timetable } from './timetable.ts';

const JOB = 'seal-audit';
/** A batch that is not full is sealed when its first event is so old: half a million batches a year at most. */
const PATIENCE_SECONDS = 60;
/** The newest head is logged so often at most. */
const LOG_HEAD_MS = 60_000;
/** Events that are not sealed yet are counted up to this. */
const MOST_UNSEALED = 10_000;

/**
 * Seals audit events in batches and drops those that are past their time. It runs once at the start of the process and
 * then every `PURGE_INTERVAL_SECONDS`; with 0 only at the start, and `npm run ops -- seal-audit` does the rest.
 */
@Injectable()
export class SealJob implements OnModuleInit, OnApplicationBootstrap {
  readonly #sealed;
  readonly #dropped;
  #tail: Pick<AuditTail, 'events' | 'oldestSeconds'> = { events: 0, oldestSeconds: null };
  /** The newest head that this process sealed and has not logged. */
  #unlogged: AuditHead | undefined;
  #loggedAt = Number.NEGATIVE_INFINITY;
  #refused: number | undefined;
  #running: Promise<void> | undefined;
  #isOver = false;

  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
    private readonly timetable: Timetable,
    private readonly log: Log,
    metrics: Metrics,
    closing: Closing,
  ) {
    closing.at('jobs', () => this.finish());
    this.#sealed = metrics.counter('troth_audit_sealed_events_total', 'Audit events that were sealed');
    this.#dropped = metrics.counter('troth_audit_dropped_events_total', 'Audit events that retention dropped');
    metrics.gauge(
      'troth_audit_unsealed_events',
      'Audit events that are not sealed, up to 10,000',
      () => this.#tail.events,
    );
    metrics.gauge(
      'troth_audit_unsealed_seconds',
      'Age of the oldest audit event that is not sealed',
      () => this.#tail.oldestSeconds ?? 0,
    );
  }

  /** Before anything is written: the database may have been restored. */
  async onModuleInit(): Promise<void> {
    if (await continueAuditNumbering(this.db.sql)) this.log.warn('audit_numbering_continued');
  }

  onApplicationBootstrap(): void {
    this.timetable.start(JOB, () => this.run());
  }

  /** Starts no more runs, lets the one that goes on end behind its batch, and logs the last head. */
  async finish(): Promise<void> {
    this.#isOver = true;
    this.timetable.stop(JOB);
    await this.#running;
    this.#logHead();
  }

  /** One run; a run that is still going on is waited for instead of doubled. Never throws: the next run comes. */
  run(): Promise<void> {
    this.#running ??= this.#work().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #work(): Promise<void> {
    try {
      while (!this.#isOver && (await this.#seal()));
      while (!this.#isOver && (await this.#drop()));
      this.#tail = await findAuditTail(this.db.sql, (await newestLink(this.db.sql)).last, MOST_UNSEALED);
    } catch (error) {
      this.log.warn('audit_seal_failed', { reason: failureWord(error) });
    }
    if (performance.now() - this.#loggedAt >= LOG_HEAD_MS) this.#logHead();
  }

  /** False: there is nothing to seal, or another replica is at it. */
  async #seal(): Promise<boolean> {
    const { batch } = await sealNextBatch(this.db, this.keys, PATIENCE_SECONDS);
    if (!batch) return false;
    this.#sealed.inc(batch.events);
    this.#unlogged = headOf(linkOf(batch));
    return true;
  }

  async #drop(): Promise<boolean> {
    const drop = await dropOldestBatch(this.db.sql, this.keys);
    if (drop.kind === 'dropped') this.#dropped.inc(drop.events);
    if (drop.kind === 'refused' && this.#refused !== drop.batch) {
      this.#refused = drop.batch;
      this.log.error('audit_batch_not_dropped', { batch: drop.batch });
    }
    return drop.kind === 'dropped';
  }

  #logHead(): void {
    if (!this.#unlogged) return;
    this.log.info('audit_sealed', { auditHead: `${this.#unlogged.count}:${this.#unlogged.hash}` });
    [this.#unlogged, this.#loggedAt] = [undefined, performance.now()];
  }
}
