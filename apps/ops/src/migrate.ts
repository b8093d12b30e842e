import { migrate, MigrationRefused, RolesMissing } from '#data/migrate';
import { ensureRolesIfSuperuser, rolesText } from '#data/roles';

import { type Command, CommandRefused, type Terminal } from './command.ts';
import { connecting } from './database.ts';

/** Makes the roles if a superuser asks for it, then applies the migrations as `troth_owner`. */
export const migrateCommand: Command = {
  name: 'migrate',
  summary: 'apply the migrations as troth_owner (DATABASE_OWNER_URL); a superuser makes the roles too',
  run: async ({ settings, say }) => {
    const { DATABASE_OWNER_URL: url } = settings('DATABASE_OWNER_URL');
    await connecting('DATABASE_OWNER_URL', url, async () => {
      const withoutPassword = await ensureRolesIfSuperuser(url);
      await applyMigrations(url, say);
      if (withoutPassword.length > 0) say(passwordAdvice(withoutPassword));
    });
  },
};

async function applyMigrations(url: string, say: Terminal['say']): Promise<void> {
  try {
    const { applied } = await migrate(url, { log: say });
    say(applied.length === 0 ? 'The schema is up to date.' : `${applied.length} migrations applied.`);
  } catch (error) {
    if (error instanceof RolesMissing) say(await rolesText());
    throw error instanceof MigrationRefused ? new CommandRefused(`DATABASE_OWNER_URL: ${error.message}`) : error;
  }
}

function passwordAdvice(roles: readonly string[]): string {
  return [
    '',
    `Next: ${roles.join(' and ')} cannot log in by password yet. In psql, as a superuser, give each a password:`,
    ...roles.map((role) => `  \\password ${role}`),
    'Then use them in DATABASE_OWNER_URL (troth_owner) and DATABASE_URL (troth_app).',
  ].join('\n');
}
