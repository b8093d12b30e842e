import type { Command } from './command.ts';
import { createClientCommand } from './create-client.ts';
import { migrateCommand } from './migrate.ts';
import { purgeCommand } from './purge.ts';
import { rotateKeysCommand } from './rotate-keys.ts';
import { rotateSigningKeyCommand } from './rotate-signing-key.ts';

/** Every command there is. Add a file beside this one, named for the act, then a line here. */
export const COMMANDS: readonly Command[] = [
  migrateCommand,
  purgeCommand,
  rotateKeysCommand,
  rotateSigningKeyCommand,
  createClientCommand,
];
