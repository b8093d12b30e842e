import { purgeOnce } from '#data/purge-once';

import { type Command, CommandRefused } from './command.ts';
import { onDatabase } from './database.ts';

/** Does once what the purge job of the service does again and again. */
export const purgeCommand: Command = {
  name: 'purge',
  summary: 'release claims that were not proven, and forget what is past its time (DATABASE_URL)',
  run: async ({ settings, say }) => {
    await onDatabase(settings('DATABASE_URL').DATABASE_URL, async (sql) => {
      const { purged, isWhole } = await purgeOnce(sql);
      if (!isWhole) throw new CommandRefused('Another process is purging; try again in a moment.');
      for (const [kind, rows] of Object.entries(purged)) say(`${kind}: ${rows}`);
    });
  },
};
