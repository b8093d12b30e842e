import { addClient } from '#data/client';
import { makeClientKey } from '#platform/keys/client-key';

import { type Command, CommandRefused } from './command.ts';
import { onDatabase } from './database.ts';

const LONGEST_NAME = 100;

/** Makes a client, which may ask about tokens and revoke them, and shows its key once. */
export const createClientCommand: Command = {
  name: 'create-client',
  takes: '<name>',
  summary: 'make a client that may introspect and revoke tokens, and print its id and key (DATABASE_URL)',
  run: async ({ words, settings, say }) => {
    const name = clientName(words);
    await onDatabase(settings('DATABASE_URL').DATABASE_URL, async (sql) => {
      const { key, hash } = makeClientKey();
      const clientId = await addClient(sql, name, hash);
      if (clientId === undefined) throw new CommandRefused(`There is a client of the name "${name}" already.`);
      say(`client id:  ${clientId}`);
      say(`client key: ${key.reveal()}`);
      say('Keep the key: it is not shown again, and nothing that is stored tells it.');
    });
  },
};

function clientName(words: readonly string[]): string {
  const [name = '', ...others] = words;
  if (name.trim() === '' || others.length > 0)
    throw new CommandRefused('create-client takes one name; quote one of several words.');
  if (!name.isWellFormed() || /\p{Cc}/u.test(name) || [...name].length > LONGEST_NAME)
    throw new CommandRefused(`A name is plain text of at most ${LONGEST_NAME} characters.`);
  return name;
}
