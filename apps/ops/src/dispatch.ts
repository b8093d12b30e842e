import { ConfigInvalid, readNeeded, type Environment } from '#platform/config/config';

import { CommandRefused } from './command.ts';
import { COMMANDS } from './commands.ts';
import { onEmbedded } from './embedded.ts';

/** Where the lines go. */
export interface Output {
  readonly say: (line: string) => void;
  readonly complain: (line: string) => void;
}

/** Runs the command that the words name; resolves to the exit status of the process. */
export async function dispatch(words: readonly string[], environment: Environment, output: Output): Promise<number> {
  const [name = 'help', ...rest] = words;
  try {
    await run(name, rest, environment, output);
    return 0;
  } catch (error) {
    output.complain(explained(error));
    return 1;
  }
}

async function run(
  name: string,
  words: readonly string[],
  environment: Environment,
  { say, complain }: Output,
): Promise<void> {
  if (['help', '--help', '-h'].includes(name)) {
    say(helpText());
    return;
  }
  const command = COMMANDS.find((one) => one.name === name);
  if (!command) throw new CommandRefused(`There is no command "${name}".\n\n${helpText()}`);
  if (command.takes === undefined && words.length > 0)
    throw new CommandRefused(`${name} takes no words behind it: ${words.join(' ')}`);
  await onEmbedded(environment, complain, (settled) =>
    command.run({ words, settings: (...names) => readNeeded(settled, names), say }),
  );
}

function explained(error: unknown): string {
  if (error instanceof CommandRefused || error instanceof ConfigInvalid) return error.message;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

function helpText(): string {
  const lines = COMMANDS.map(({ name, takes, summary }) => [takes === undefined ? name : `${name} ${takes}`, summary]);
  const all = [...lines, ['help', 'this text']];
  const width = Math.max(...all.map(([usage = '']) => usage.length));
  const rows = all.map(([usage = '', summary = '']) => `  ${usage.padEnd(width)}   ${summary}`);
  return [
    'npm run ops -- <command>',
    '',
    ...rows,
    '',
    'Settings: docs/configuration.md. More: docs/operation.md.',
  ].join('\n');
}
