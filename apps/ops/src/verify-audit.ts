import type { AuditHead } from '#platform/audit/chain';
import { type AuditVerdict, verifyAuditChain } from '#platform/audit/verify';

import { type Command, CommandRefused } from './command.ts';
import { onDatabase } from './database.ts';
import { keyRingOf } from './key-ring.ts';

/** Recomputes the whole audit chain, and compares it with a head that was noted before. */
export const verifyAuditCommand: Command = {
  name: 'verify-audit',
  takes: '[--head=<count>:<hash>]',
  summary: 'verify every sealed audit event, and that the chain goes through a head from the log (DATABASE_URL)',
  run: async ({ words, settings, say }) => {
    const head = headIn(words);
    const needed = settings('DATABASE_URL', 'TROTH_SECRET', 'TROTH_SECRETS_PREVIOUS');
    await onDatabase(needed.DATABASE_URL, async (sql) => {
      const keys = await keyRingOf(sql, needed);
      const verdict = await verifyAuditChain(sql, keys, head ? { head } : {});
      report(verdict).forEach(say);
      const dropped = verdict.checkpoint?.count ?? 0;
      if (head && head.count < dropped) say(`The head ${head.count} cannot be compared: retention dropped it.`);
      if (verdict.fault) {
        const { batch, kind } = verdict.fault;
        throw new CommandRefused(`The audit chain is broken at batch ${batch}: ${kind}. See docs/audit.md.`);
      }
    });
  },
};

function headIn(words: readonly string[]): AuditHead | undefined {
  const [word, ...others] = words;
  if (word === undefined) return undefined;
  const [, count, hash] = /^--head=(\d{1,15}):([0-9a-f]{64})$/.exec(word) ?? [];
  if (count === undefined || hash === undefined || others.length > 0)
    throw new CommandRefused('verify-audit takes --head=<count>:<hash>, as the log tells it, and nothing else.');
  return { count: Number(count), hash };
}

function report({ valid, batches, events, head, checkpoint, unsealed }: AuditVerdict): readonly string[] {
  return [
    `verified: ${batches} batches, ${events} events`,
    ...(head ? [`head: ${head.count}:${head.hash}, sealed at ${head.sealedAt ?? 'a time that was dropped'}`] : []),
    ...(checkpoint ? [`dropped by retention: ${checkpoint.batch} batches, ${checkpoint.count} events`] : []),
    ...(valid ? [`not sealed yet: ${unsealed} events`] : []),
  ];
}
