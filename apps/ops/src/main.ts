import { Database } from '#data/database';
import { migrate, MigrationRefused, RolesMissing } from '#data/migrate';
import { purgeOnce } from '#data/purge-once';
import { ensureRolesIfSuperuser, rolesText } from '#data/roles';
import { Secret } from '#domain/secret';
import { resealKeys, SealedKeyUnreadable } from '#platform/keys/sealed-keys';

/** What is wrong, in words for whoever typed the command. */
class CommandRefused extends Error {}

const HELP = `npm run ops -- <command>

  migrate       make the roles if DATABASE_OWNER_URL may, then apply the migrations
  purge         release claims that were not proven, and forget what is past its time (DATABASE_URL)
  rotate-keys   seal the keys in the database with TROTH_SECRET; the former secrets stand in TROTH_SECRETS_PREVIOUS
  help          this text
`;

const COMMANDS: Readonly<Record<string, () => Promise<void>>> = {
  migrate: migrateDatabase,
  purge,
  'rotate-keys': rotateKeys,
  help: () => {
    say(HELP);
    return Promise.resolve();
  },
};

async function migrateDatabase(): Promise<void> {
  const url = setting('DATABASE_OWNER_URL');
  const withoutPassword = await ensureRolesIfSuperuser(url);
  try {
    const { applied } = await migrate(url, { log: say });
    say(applied.length === 0 ? 'The schema is up to date.' : `${applied.length} migrations applied.`);
  } catch (error) {
    if (error instanceof RolesMissing) say(await rolesText());
    throw error;
  }
  if (withoutPassword.length > 0) say(`Next, give passwords to ${withoutPassword.join(' and ')}.`);
}

async function purge(): Promise<void> {
  const db = Database.open({ url: setting('DATABASE_URL'), poolSize: 1, applicationName: 'troth ops' });
  try {
    const purged = await purgeOnce(db.sql);
    if (!purged) throw new CommandRefused('Another process is purging; try again in a moment.');
    for (const [kind, rows] of Object.entries<number>({ ...purged })) say(`${kind}: ${rows}`);
  } finally {
    await db.close();
  }
}

async function rotateKeys(): Promise<void> {
  const db = Database.open({ url: setting('DATABASE_URL'), poolSize: 1, applicationName: 'troth ops' });
  try {
    const former = (process.env.TROTH_SECRETS_PREVIOUS ?? '').split(',').map((text) => text.trim());
    const previous = former.filter((text) => text !== '').map((text) => new Secret(text));
    const resealed = await resealKeys(db.sql, new Secret(setting('TROTH_SECRET')), previous);
    say(
      resealed.length === 0 ? 'Every key is sealed with TROTH_SECRET already.' : `Sealed anew: ${resealed.join(', ')}.`,
    );
  } finally {
    await db.close();
  }
}

function setting(name: string): string {
  const value = process.env[name]?.trim() ?? '';
  if (value === '') throw new CommandRefused(`${name} is missing. See docs/configuration.md.`);
  return value;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

async function main(): Promise<void> {
  const name = process.argv[2] ?? 'help';
  const command = Object.hasOwn(COMMANDS, name) ? COMMANDS[name] : undefined;
  if (!command) throw new CommandRefused(`There is no command "${name}".\n\n${HELP}`);
  await command();
}

main().catch((error: unknown) => {
  const isExpected =
    error instanceof CommandRefused || error instanceof MigrationRefused || error instanceof SealedKeyUnreadable;
  const text = error instanceof Error ? (isExpected ? error.message : error.stack) : String(error);
  process.stderr.write(`${text ?? 'unknown error'}\n`);
  process.exitCode = 1;
});
