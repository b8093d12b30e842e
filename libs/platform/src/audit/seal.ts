import {
  addAuditBatch,
  type AuditBatch,
  findAuditCheckpoint,
  hashAuditEvents,
  listAuditBatches,
  newestAuditBatch,
  nextAuditRange,
  takeAuditTurn,
} from '#data/audit-batch';
import type { Database, Sql } from '#data/database';

import type { KeyRing } from '../keys/key-ring.ts';
import { batchHash, CHAIN_START, type ChainLink, linkOf } from './chain.ts';

/** Events of a batch at most: sealing one is some milliseconds' work, and so is dropping it. */
const BATCH = 1_000;

/** What became of an attempt to seal. */
export type Sealing =
  | { readonly kind: 'sealed'; readonly batch: AuditBatch }
  | { readonly kind: 'nothing' | 'busy'; readonly batch?: undefined };

/** What the next batch builds on. */
export async function newestLink(sql: Sql): Promise<ChainLink> {
  const newest = await newestAuditBatch(sql);
  const [batch] = newest === 0 ? [] : await listAuditBatches(sql, newest - 1, 1);
  const link = batch ?? (await findAuditCheckpoint(sql));
  return link ? linkOf(link) : CHAIN_START;
}

/**
 * Seals the next batch. A batch that is not full waits until its first event is `patienceSeconds` old. One transaction:
 * after a crash the batch is there or it is not, and the next attempt seals the same events. `busy`: another replica is
 * at it.
 */
export function sealNextBatch(db: Database, keys: KeyRing, patienceSeconds: number): Promise<Sealing> {
  return db.transaction(async ({ sql }) => {
    if (!(await takeAuditTurn(sql))) return { kind: 'busy' };
    // What was sealed before the turn came is seen by the statements after it.
    const previous = await newestLink(sql);
    const range = await nextAuditRange(sql, previous.last, BATCH, patienceSeconds);
    if (!range) return { kind: 'nothing' };
    const last = { transaction: range.lastTransaction, id: range.lastId };
    const [sealed] = await hashAuditEvents(sql, [{ behind: previous.last, last, most: BATCH }]);
    if (!sealed) throw new Error('the events of a batch were not hashed');
    const content = {
      ...range,
      number: previous.number + 1,
      events: sealed.events,
      eventsSoFar: previous.eventsSoFar + sealed.events,
      previousHash: previous.hash,
      eventsHash: sealed.hash,
    };
    const hash = batchHash(content);
    const batch = { ...content, hash, ...keys.auditMac('audit-batch', hash) };
    await addAuditBatch(sql, batch);
    return { kind: 'sealed', batch };
  });
}
