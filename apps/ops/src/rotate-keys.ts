import { rotateKeys, RotationRefused, type Rotation } from '#platform/keys/rotation';
import { SealedKeyUnreadable } from '#platform/keys/sealed-keys';

import { type Command, CommandRefused } from './command.ts';
import { onDatabase } from './database.ts';

const WHEN_TO_DROP = `
Nothing that lasts needs a former secret any more. It may leave TROTH_SECRETS_PREVIOUS once the last process that had it
as its TROTH_SECRET has been gone for 14 days; until then it is still needed by
  refresh tokens                      14 days; without it their users log in again
  device tokens                       180 days; without it these devices count as new ones
  owner tokens in letters             8 days; to end a mute that was made with one, 38 days
  links in letters to accounts        7 days
  letters that were not sent yet      24 hours
  codes of changes of address         15 minutes
  codes of claims, and their replays  CLAIM_SECONDS x (1 + CLAIM_RESENDS), and a minute
If such a process is still running, restart it with the new secret and run this again.`;

/** Seals all keys in the database with the current secret, so that a former one can be dropped. */
export const rotateKeysCommand: Command = {
  name: 'rotate-keys',
  takes: '[--lost=<key id>,…]',
  summary: 'seal the keys in the database with TROTH_SECRET; the former secrets stand in TROTH_SECRETS_PREVIOUS',
  run: async ({ words, settings, say }) => {
    const lost = lostKeyIds(words);
    const needed = settings('DATABASE_URL', 'TROTH_SECRET', 'TROTH_SECRETS_PREVIOUS');
    const [secret, previous] = [needed.TROTH_SECRET, needed.TROTH_SECRETS_PREVIOUS];
    await onDatabase(needed.DATABASE_URL, async (sql) => {
      const rotation = await rotateKeys(sql, { secret, previous, lost, say }).catch((error: unknown) => {
        const isExpected = error instanceof RotationRefused || error instanceof SealedKeyUnreadable;
        throw isExpected ? new CommandRefused(error.message) : error;
      });
      report(rotation).forEach(say);
      if (previous.length > 0) say(WHEN_TO_DROP);
    });
  },
};

function lostKeyIds(words: readonly string[]): readonly string[] {
  const ids = words.flatMap((word) => {
    const [, list] = /^--lost=((?:[0-9a-f]{2,8},)*[0-9a-f]{2,8})$/.exec(word) ?? [];
    if (list === undefined) throw new CommandRefused(`rotate-keys does not know "${word}". See npm run ops -- help.`);
    return list.split(',');
  });
  return ids;
}

function report({ purposes, subjects, broken, batches }: Rotation): readonly string[] {
  const lines = purposes.map((purpose) => `sealed anew: the key for "${purpose}"`);
  if (subjects > 0) lines.push(`sealed anew: ${subjects} keys of audit details`);
  if (batches.renewed > 0) lines.push(`signed anew: ${batches.renewed} batches of audit events`);
  if (lines.length === 0) lines.push('Every key is sealed with TROTH_SECRET already.');
  if (broken > 0)
    lines.push(`Left alone: ${broken} keys of audit details that no secret opens; they were changed at rest.`);
  if (batches.broken > 0)
    lines.push(
      `Left alone: ${batches.broken} batches of audit events or their checkpoint, which were changed at rest.`,
    );
  return lines;
}
