import { KEY_NOTICE_SECONDS, makeSigningKey } from '#platform/tokens/signing-keys';

import { type Command, CommandRefused } from './command.ts';
import { onDatabase } from './database.ts';
import { keyRingOf } from './key-ring.ts';

/** Makes the key that signs access tokens next. */
export const rotateSigningKeyCommand: Command = {
  name: 'rotate-signing-key',
  summary: 'make the next key of access tokens: published at once, it signs once verifiers had time to see it',
  run: async ({ settings, say }) => {
    const needed = settings('DATABASE_URL', 'TROTH_SECRET', 'TROTH_SECRETS_PREVIOUS');
    await onDatabase(needed.DATABASE_URL, async (sql) => {
      const ring = await keyRingOf(sql, needed);
      const kid = await makeSigningKey(sql, ring, 0);
      if (kid === undefined) throw new CommandRefused('A new key is published already, and does not sign yet.');
      const minutes = KEY_NOTICE_SECONDS / 60;
      say(`made the key ${kid}`);
      say(
        `It signs ${minutes} minutes from now, or at once if it is the first one. The one before stays published for`,
      );
      say('two hours more: what it signed stays good until it expires.');
    });
  },
};
