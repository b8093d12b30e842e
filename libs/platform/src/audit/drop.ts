import { dropAuditBatch, findAuditCheckpoint, isAuditBatchDue, listAuditBatches } from '#data/audit-batch';
import type { Sql } from '#data/database';
import { AUDIT_BATCH_SPAN, AUDIT_RETENTION } from '#domain/audit-retention';

import type { KeyRing } from '../keys/key-ring.ts';
import { batchHash, checkpointHash, linkOf } from './chain.ts';

/** What became of an attempt to drop the oldest batch. */
export type Drop =
  | { readonly kind: 'dropped'; readonly batch: number; readonly events: number }
  | { readonly kind: 'nothing' | 'busy'; readonly batch?: undefined }
  /** Its MAC is not right: it stays as it is, for somebody to look at. */
  | { readonly kind: 'refused'; readonly batch: number };

/**
 * Drops the oldest batch if all of its events are past their time, behind a checkpoint that says how far the chain went.
 * One statement: checkpoint, events and batch change together. `busy`: another replica works on the chain.
 */
export async function dropOldestBatch(sql: Sql, keys: KeyRing): Promise<Drop> {
  const checkpoint = await findAuditCheckpoint(sql);
  const [batch] = await listAuditBatches(sql, checkpoint?.number ?? 0, 1);
  if (!batch || !(await isAuditBatchDue(sql, batch.number, AUDIT_RETENTION, AUDIT_BATCH_SPAN)))
    return { kind: 'nothing' };
  // Else a forged batch would be given a checkpoint that proves it, and the events up to it would go.
  const isOurs =
    batchHash(batch).equals(batch.hash) && keys.judgeAuditMac('audit-batch', batch.hash, batch) === 'right';
  if (!isOurs) return { kind: 'refused', batch: batch.number };
  const { number, hash, eventsSoFar, last } = linkOf(batch);
  const content = { number, hash, eventsSoFar, lastTransaction: last.transaction, lastId: last.id };
  const proof = keys.auditMac('audit-checkpoint', checkpointHash(content));
  const events = await dropAuditBatch(sql, number, proof);
  return events === null ? { kind: 'busy' } : { kind: 'dropped', batch: number, events };
}
