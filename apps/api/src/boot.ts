import { setTimeout as pause } from 'node:timers/promises';

import { describeConnection } from '#data/connection';
import { connectionFault } from '#data/connection-fault';
import { Database, DatabaseUnavailable } from '#data/database';
import { migrate, MigrationRefused, RolesMissing, schemaVersion } from '#data/migrate';
import { rolesText } from '#data/roles';
import type { Config } from '#platform/config/config';

/** The service cannot start, and why, in words for whoever runs it. */
export class BootRefused extends Error {}

const PATIENCE_MS = 60_000;

/** How long PostgreSQL is waited for, in all, on the monotonic clock; and who hears that it is. */
interface Patience {
  readonly until: number;
  readonly say: (line: string) => void;
}

/**
 * Waits for PostgreSQL, migrates when the owner's URL is set, and refuses a database that is not fit: without schema,
 * or, in production, with rights that the application must not have.
 */
export async function prepareDatabase(config: Config, say: (line: string) => void): Promise<void> {
  const { databaseUrl, databaseOwnerUrl: ownerUrl } = config;
  const patience = { until: performance.now() + PATIENCE_MS, say };
  if (ownerUrl !== undefined)
    await reach('DATABASE_OWNER_URL', ownerUrl, patience, async () => {
      await migrate(ownerUrl, { log: say });
    });
  await reach('DATABASE_URL', databaseUrl, patience, async () => {
    const db = Database.open({ url: databaseUrl, poolSize: 1 });
    try {
      await inspect(config, db);
    } finally {
      await db.close();
    }
  });
}

/** Tries until PostgreSQL answers; what an operator has to mend is told in their words. */
async function reach(setting: string, url: string, patience: Patience, attempt: () => Promise<void>): Promise<void> {
  try {
    await withPatience(patience, attempt);
  } catch (error) {
    if (error instanceof RolesMissing) patience.say(await rolesText());
    if (error instanceof MigrationRefused) throw new BootRefused(`${setting}: ${error.message}`);
    const fault = connectionFault(error, url);
    if (fault === undefined) throw error;
    throw new BootRefused(`${setting}: ${fault}`);
  }
}

async function inspect(config: Config, db: Database): Promise<void> {
  const connection = await describeConnection(db.sql);
  if (config.production && (connection.isSuperuser || connection.ownsSchema))
    throw new BootRefused(
      `DATABASE_URL connects as "${connection.user}", which owns the schema or is a superuser. ` +
        'Use the role troth_app (see docs/operation.md).',
    );
  if ((await schemaVersion(db.sql)) === undefined)
    throw new BootRefused('The database has no schema yet. Run `npm run ops -- migrate`, or set DATABASE_OWNER_URL.');
}

async function withPatience({ until, say }: Patience, attempt: () => Promise<void>): Promise<void> {
  for (let second = 1; ; second++) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (!(error instanceof DatabaseUnavailable) || performance.now() >= until) throw error;
      if (second === 1) say('PostgreSQL does not answer yet; trying again each second.');
      await pause(1000);
    }
  }
}
