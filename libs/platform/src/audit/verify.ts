import {
  type AuditBatch,
  type EventRange,
  findAuditCheckpoint,
  findAuditTail,
  hashAuditEvents,
  hasAuditEventsUpTo,
  listAuditBatches,
} from '#data/audit-batch';
import type { Sql } from '#data/database';

import type { KeyRing } from '../keys/key-ring.ts';
import { type AuditHead, batchHash, CHAIN_START, type ChainLink, checkpointHash, headOf, linkOf } from './chain.ts';

/** Batches that are read at once. */
const PAGE = 200;
/** Events that one statement hashes at most, unless a batch holds more: a fraction of a second's work. */
const STATEMENT_EVENTS = 20_000;
/** Events behind the head are counted up to this. */
const MOST_UNSEALED = 1_000_000;

/** What is wrong, of the batch where the chain breaks first. */
export type AuditFaultKind =
  | 'checkpoint_changed'
  | 'events_before_checkpoint'
  | 'batch_missing'
  | 'batch_changed'
  | 'unknown_key'
  | 'events_missing'
  | 'events_added'
  | 'events_changed'
  | 'head_missing';

/** Where and how the chain is broken. */
export interface AuditFault {
  /** Number of the first batch that does not hold. */
  readonly batch: number;
  readonly kind: AuditFaultKind;
}

/** What a verification came to. */
export interface AuditVerdict {
  readonly valid: boolean;
  /** The number of the first batch that was looked at. */
  readonly verifiedFrom: number;
  /** Batches and events that were found as they were sealed. */
  readonly batches: number;
  readonly events: number;
  /** How far the chain was found to hold; null: there is none yet. */
  readonly head: (AuditHead & { readonly sealedAt: string | null }) | null;
  /** What retention dropped; null: nothing yet. */
  readonly checkpoint: (AuditHead & { readonly batch: number }) | null;
  /** Events that are not sealed yet, counted up to a million. */
  readonly unsealed: number;
  readonly fault: AuditFault | null;
  /** When it ended, in UTC. */
  readonly verifiedAt: string;
}

/** What to verify. */
export interface VerifyOptions {
  /** Only batches behind the one of this number, which is trusted if its MAC is right. */
  readonly behind?: number;
  /** A head that was noted before, and that the chain has to go through. */
  readonly head?: AuditHead;
  /** Asked before each statement; true ends the verification with AuditCheckAborted. */
  readonly isOver?: () => boolean;
}

/** The verification was ended before it came to anything. */
export class AuditCheckAborted extends Error {}

/**
 * Recomputes the chain from the events and compares, page by page, in little memory. Sealing and retention may go on
 * meanwhile. Finds whatever was changed since it was sealed; docs/audit.md tells what it cannot find.
 */
export async function verifyAuditChain(sql: Sql, keys: KeyRing, options: VerifyOptions = {}): Promise<AuditVerdict> {
  for (;;) {
    const walk = await ChainWalk.begin(sql, keys, options);
    const verdict = await walk.verdict();
    if (verdict.fault === null) return verdict;
    // What retention dropped while it was being read is missing by right: then it is read again from where it starts now.
    const dropped = (await findAuditCheckpoint(sql))?.number ?? 0;
    if (dropped === (verdict.checkpoint?.batch ?? 0) || dropped < verdict.fault.batch) return verdict;
  }
}

/** One way along the chain. */
class ChainWalk {
  #batches = 0;
  #events = 0;
  #sealedAt: string | null = null;
  #hasSeenHead = false;

  private constructor(
    private readonly sql: Sql,
    private readonly keys: KeyRing,
    private readonly options: VerifyOptions,
    private readonly checkpoint: AuditVerdict['checkpoint'],
    private readonly start: ChainLink,
    private link: ChainLink,
    private fault: AuditFault | null,
  ) {}

  static async begin(sql: Sql, keys: KeyRing, options: VerifyOptions): Promise<ChainWalk> {
    const found = await findAuditCheckpoint(sql);
    const base = found ? linkOf(found) : CHAIN_START;
    const checkpoint = found ? { batch: found.number, ...headOf(base) } : null;
    const from = (link: ChainLink, kind?: AuditFaultKind): ChainWalk =>
      new ChainWalk(sql, keys, options, checkpoint, link, link, kind ? { batch: link.number, kind } : null);
    if (found && keys.judgeAuditMac('audit-checkpoint', checkpointHash(found), found) !== 'right')
      return from(base, 'checkpoint_changed');
    if (found && (await hasAuditEventsUpTo(sql, base.last))) return from(base, 'events_before_checkpoint');
    if ((options.behind ?? 0) <= base.number) return from(base);
    const [before] = await listAuditBatches(sql, (options.behind ?? 0) - 1, 1);
    if (!before || before.number !== options.behind)
      return from({ ...base, number: options.behind ?? 0 }, 'batch_missing');
    const kind = contentFault(before, keys);
    return kind ? from(linkOf(before), kind) : from(linkOf(before));
  }

  async verdict(): Promise<AuditVerdict> {
    while (this.fault === null && (await this.#page()));
    if (this.fault === null && !this.#hasSeenHead && this.#lacksHead())
      this.fault = { batch: this.link.number, kind: 'head_missing' };
    const tail = await findAuditTail(this.sql, this.link.last, MOST_UNSEALED);
    return {
      valid: this.fault === null,
      verifiedFrom: this.start.number + 1,
      batches: this.#batches,
      events: this.#events,
      head: this.link.number === 0 ? null : { ...headOf(this.link), sealedAt: this.#sealedAt },
      checkpoint: this.checkpoint,
      unsealed: this.fault === null ? tail.events : 0,
      fault: this.fault,
      verifiedAt: tail.at,
    };
  }

  /** Goes on by a page; false at the end of the chain. */
  async #page(): Promise<boolean> {
    this.#goOn();
    const page = await listAuditBatches(this.sql, this.link.number, PAGE);
    for (let rest = page; rest.length > 0 && this.fault === null;) {
      const group = rest.slice(0, groupLength(rest));
      await this.#compare(group);
      rest = rest.slice(group.length);
    }
    return page.length === PAGE;
  }

  /** Compares batches that follow one another with their events, by one statement. */
  async #compare(group: readonly AuditBatch[]): Promise<void> {
    const links = [this.link, ...group.map(linkOf)];
    const kinds = group.map((batch, i) => linkFault(links[i] ?? this.link, batch) ?? contentFault(batch, this.keys));
    const broken = kinds.findIndex((kind) => kind !== undefined);
    const sound = broken === -1 ? group : group.slice(0, broken);
    this.#goOn();
    const ranges = sound.map(({ events }, i): EventRange => {
      const [before = this.link, own = this.link] = links.slice(i, i + 2);
      return { behind: before.last, last: own.last, most: events + 1 };
    });
    const found = ranges.length === 0 ? [] : await hashAuditEvents(this.sql, ranges);
    for (const [i, batch] of sound.entries()) {
      const { events, hash } = found[i] ?? { events: 0, hash: Buffer.alloc(0) };
      const kind = eventsFault(batch, events, hash);
      if (kind) {
        this.#break(kind);
        return;
      }
      this.#accept(batch);
    }
    const kind = kinds[broken];
    if (kind) this.#break(kind);
  }

  #accept(batch: AuditBatch): void {
    this.link = linkOf(batch);
    this.#batches += 1;
    this.#events += batch.events;
    this.#sealedAt = batch.sealedAt;
    const { head } = this.options;
    if (head?.count !== batch.eventsSoFar) return;
    if (head.hash === headOf(this.link).hash) this.#hasSeenHead = true;
    else this.fault = { batch: batch.number, kind: 'head_missing' };
  }

  /** Whether the noted head should have been met on the way. What ends before the start cannot be told any more. */
  #lacksHead(): boolean {
    const { head } = this.options;
    if (head === undefined || head.count < this.start.eventsSoFar) return false;
    return head.count !== this.start.eventsSoFar || head.hash !== headOf(this.start).hash;
  }

  #break(kind: AuditFaultKind): void {
    this.fault = { batch: this.link.number + 1, kind };
  }

  #goOn(): void {
    if (this.options.isOver?.()) throw new AuditCheckAborted();
  }
}

/** How many of the batches one statement is to hash. */
function groupLength(batches: readonly AuditBatch[]): number {
  let events = 0;
  const end = batches.findIndex((batch) => (events += batch.events) > STATEMENT_EVENTS);
  return end === -1 ? batches.length : Math.max(1, end);
}

function linkFault(previous: ChainLink, batch: AuditBatch): AuditFaultKind | undefined {
  if (batch.number !== previous.number + 1) return 'batch_missing';
  const follows = Buffer.from(batch.previousHash).equals(previous.hash);
  return follows && batch.eventsSoFar === previous.eventsSoFar + batch.events ? undefined : 'batch_changed';
}

function contentFault(batch: AuditBatch, keys: KeyRing): AuditFaultKind | undefined {
  if (!batchHash(batch).equals(batch.hash)) return 'batch_changed';
  const judgement = keys.judgeAuditMac('audit-batch', batch.hash, batch);
  if (judgement === 'right') return undefined;
  return judgement === 'unknown' ? 'unknown_key' : 'batch_changed';
}

function eventsFault(batch: AuditBatch, events: number, hash: Uint8Array): AuditFaultKind | undefined {
  if (events !== batch.events) return events < batch.events ? 'events_missing' : 'events_added';
  return Buffer.from(hash).equals(batch.eventsHash) ? undefined : 'events_changed';
}
