import { createHash } from 'node:crypto';

import type { AuditBatch, AuditCheckpoint, AuditPlace } from '#data/audit-batch';

/** What the next batch builds on: the batch before it, the checkpoint, or nothing yet. */
export interface ChainLink {
  readonly number: number;
  readonly hash: Uint8Array;
  readonly eventsSoFar: number;
  /** Where its events end. */
  readonly last: AuditPlace;
}

/** How far the chain goes. Whoever has noted one can tell later whether the chain still has it. */
export interface AuditHead {
  /** Events that were ever sealed. */
  readonly count: number;
  /** Of the newest batch, hexadecimal. */
  readonly hash: string;
}

/** Before the first batch. */
export const CHAIN_START: ChainLink = {
  number: 0,
  hash: Buffer.alloc(32),
  eventsSoFar: 0,
  last: { transaction: '0', id: '00000000-0000-0000-0000-000000000000' },
};

/** What stands behind a batch, or behind the checkpoint. */
export function linkOf({
  number,
  hash,
  eventsSoFar,
  lastTransaction,
  lastId,
}: AuditBatch | AuditCheckpoint): ChainLink {
  return { number, hash, eventsSoFar, last: { transaction: lastTransaction, id: lastId } };
}

/** The head that a link is. */
export function headOf({ eventsSoFar, hash }: ChainLink): AuditHead {
  return { count: eventsSoFar, hash: Buffer.from(hash).toString('hex') };
}

/** The hash of a batch: over everything in its row but hash and MAC, the hash of the batch before it included. */
export function batchHash(batch: Omit<AuditBatch, 'hash' | 'keyId' | 'mac'>): Buffer {
  return hashOf('troth audit batch', [
    batch.number,
    batch.firstTransaction,
    batch.firstId,
    batch.lastTransaction,
    batch.lastId,
    batch.events,
    batch.eventsSoFar,
    batch.newestAt,
    batch.sealedAt,
    batch.previousHash,
    batch.eventsHash,
  ]);
}

/** The same of a checkpoint, whose MAC is over this. */
export function checkpointHash(checkpoint: Omit<AuditCheckpoint, 'keyId' | 'mac'>): Buffer {
  const { number, lastTransaction, lastId, eventsSoFar, hash } = checkpoint;
  return hashOf('troth audit checkpoint', [number, lastTransaction, lastId, eventsSoFar, hash]);
}

/** SHA-256 over length-prefixed parts, so that no two lists of parts share a hash. */
function hashOf(kind: string, parts: readonly (string | number | Uint8Array)[]): Buffer {
  const hash = createHash('sha256');
  for (const part of [kind, ...parts]) {
    const bytes = part instanceof Uint8Array ? part : Buffer.from(String(part), 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hash.update(length).update(bytes);
  }
  return hash.digest();
}
