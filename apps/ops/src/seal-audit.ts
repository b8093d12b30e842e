import type { Database } from '#data/database';
import { headOf, linkOf } from '#platform/audit/chain';
import { dropOldestBatch } from '#platform/audit/drop';
import { sealNextBatch } from '#platform/audit/seal';
import type { KeyRing } from '#platform/keys/key-ring';

import { type Command, CommandRefused, type Terminal } from './command.ts';
import { onDatabase } from './database.ts';
import { keyRingOf } from './key-ring.ts';

const BUSY = 'Another process works on the audit chain; try again in a moment.';

/** Does once what the sealing job of the service does again and again, without waiting for batches to fill. */
export const sealAuditCommand: Command = {
  name: 'seal-audit',
  summary: 'seal all audit events that can be sealed now, and drop those that are past their time (DATABASE_URL)',
  run: async ({ settings, say }) => {
    const needed = settings('DATABASE_URL', 'TROTH_SECRET', 'TROTH_SECRETS_PREVIOUS');
    await onDatabase(needed.DATABASE_URL, async (sql, db) => {
      const keys = await keyRingOf(sql, needed);
      await sealAll(db, keys, say);
      await dropAll(db, keys, say);
    });
  },
};

async function sealAll(db: Database, keys: KeyRing, say: Terminal['say']): Promise<void> {
  let [batches, events] = [0, 0];
  for (;;) {
    const { kind, batch } = await sealNextBatch(db, keys, 0);
    if (kind === 'busy') throw new CommandRefused(BUSY);
    if (!batch) break;
    [batches, events] = [batches + 1, events + batch.events];
    const { count, hash } = headOf(linkOf(batch));
    say(`head: ${count}:${hash}`);
  }
  say(`sealed: ${batches} batches, ${events} events`);
}

async function dropAll(db: Database, keys: KeyRing, say: Terminal['say']): Promise<void> {
  let [batches, events] = [0, 0];
  for (;;) {
    const drop = await dropOldestBatch(db.sql, keys);
    if (drop.kind === 'busy') throw new CommandRefused(BUSY);
    if (drop.kind === 'refused')
      throw new CommandRefused(`Batch ${drop.batch} is not dropped, for its MAC is not right. See docs/audit.md.`);
    if (drop.kind !== 'dropped') break;
    [batches, events] = [batches + 1, events + drop.events];
  }
  say(`dropped: ${batches} batches, ${events} events`);
}
