import { setTimeout as pause } from 'node:timers/promises';

import { Database } from '#data/database';
import { migrate, schemaVersion } from '#data/migrate';
import { describeConnection } from '#data/connection';
import type { Config } from '#platform/config/config';

/** The service cannot start, and why, in words for whoever runs it. */
export class BootRefused extends Error {}

const PATIENCE_SECONDS = 60;

/**
 * Waits for PostgreSQL, migrates when the owner's URL is set, and refuses a database that is not fit: without schema,
 * or, in production, with rights that the application must not have.
 */
export async function prepareDatabase(config: Config, say: (line: string) => void): Promise<void> {
  const ownerUrl = config.databaseOwnerUrl;
  await withPatience(say, async () => {
    if (ownerUrl !== undefined) await migrate(ownerUrl, { log: say });
    const db = Database.open({ url: config.databaseUrl, poolSize: 1 });
    try {
      await inspect(config, db);
    } finally {
      await db.close();
    }
  });
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

async function withPatience(say: (line: string) => void, attempt: () => Promise<void>): Promise<void> {
  for (let second = 1; ; second++) {
    try {
      await attempt();
      return;
    } catch (error) {
      if (!isUnreachable(error) || second >= PATIENCE_SECONDS) throw error;
      if (second === 1) say('PostgreSQL does not answer yet; trying again each second.');
      await pause(1000);
    }
  }
}

function isUnreachable(error: unknown): boolean {
  if (error instanceof Error && error.name === 'DatabaseUnavailable') return true;
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  return (
    typeof code === 'string' && /^(ECONNREFUSED|ECONNRESET|ENOTFOUND|EAI_AGAIN|CONNECT_TIMEOUT|57P03|53300)$/.test(code)
  );
}
