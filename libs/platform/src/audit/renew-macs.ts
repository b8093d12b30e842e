import {
  type AuditBatch,
  findAuditCheckpoint,
  listAuditBatches,
  type RenewedMac,
  replaceAuditMacs,
  replaceCheckpointMac,
} from '#data/audit-batch';
import type { Sql } from '#data/database';

import type { KeyRing } from '../keys/key-ring.ts';
import { batchHash, checkpointHash } from './chain.ts';

/** MACs that one statement replaces at most. */
const BATCH = 500;

/** How many batches were given a MAC with the current secret, and how many could not, because theirs was not right. */
export interface RenewedMacs {
  readonly renewed: number;
  readonly broken: number;
}

/** The secrets that batches and checkpoint name, and how many of them do. */
export async function auditKeyIds(sql: Sql): Promise<ReadonlyMap<string, number>> {
  const ids = new Map<string, number>();
  const count = ({ keyId }: { readonly keyId: string }): unknown => ids.set(keyId, (ids.get(keyId) ?? 0) + 1);
  for await (const page of pages(sql)) page.forEach(count);
  const checkpoint = await findAuditCheckpoint(sql);
  if (checkpoint) count(checkpoint);
  return ids;
}

/**
 * Gives batches and checkpoint MACs with the current secret, if the MAC they have is right: one that was changed stays
 * for the verification to find. Of a secret that is `lost` it is taken as right. May run while the service seals.
 */
export async function renewAuditMacs(sql: Sql, keys: KeyRing, lost: readonly string[]): Promise<RenewedMacs> {
  let [renewed, broken] = [0, 0];
  for await (const page of pages(sql)) {
    const due = page.filter(({ keyId }) => keyId !== keys.currentKeyId);
    const anew = due.filter((batch) => mayBeRenewed(batch, keys, lost)).map((batch) => renewedMac(batch, keys));
    if (anew.length > 0) renewed += await replaceAuditMacs(sql, anew);
    broken += due.length - anew.length;
  }
  return (await renewCheckpoint(sql, keys, lost)) ? { renewed, broken } : { renewed, broken: broken + 1 };
}

function mayBeRenewed(batch: AuditBatch, keys: KeyRing, lost: readonly string[]): boolean {
  const isWhole = batchHash(batch).equals(batch.hash);
  return isWhole && (lost.includes(batch.keyId) || keys.judgeAuditMac('audit-batch', batch.hash, batch) === 'right');
}

function renewedMac({ number, hash, mac }: AuditBatch, keys: KeyRing): RenewedMac {
  return { number, formerMac: mac, ...keys.auditMac('audit-batch', hash) };
}

/** False: its MAC is not right. */
async function renewCheckpoint(sql: Sql, keys: KeyRing, lost: readonly string[]): Promise<boolean> {
  const checkpoint = await findAuditCheckpoint(sql);
  if (!checkpoint || checkpoint.keyId === keys.currentKeyId) return true;
  const hash = checkpointHash(checkpoint);
  if (!lost.includes(checkpoint.keyId) && keys.judgeAuditMac('audit-checkpoint', hash, checkpoint) !== 'right')
    return false;
  const { number, mac } = checkpoint;
  // False when retention has moved it meanwhile: then it has a MAC with the secret of that process.
  await replaceCheckpointMac(sql, { number, formerMac: mac, ...keys.auditMac('audit-checkpoint', hash) });
  return true;
}

async function* pages(sql: Sql): AsyncGenerator<readonly AuditBatch[]> {
  let behind = 0;
  for (;;) {
    const page = await listAuditBatches(sql, behind, BATCH);
    if (page.length > 0) yield page;
    if (page.length < BATCH) return;
    behind = page.at(-1)?.number ?? behind;
  }
}
