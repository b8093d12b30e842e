import { randomBytes } from 'node:crypto';

import postgres from 'postgres';

import { Database, type Sql } from '#data/database';

/** A database of a test's own, cloned from the migrated template. */
export interface TestDatabase {
  /** As the application's role. */
  readonly appUrl: string;
  /** As the role that owns the schema. */
  readonly ownerUrl: string;
  readonly superUrl: string;
  /** As the application's role. */
  readonly sql: Sql;
  /** As the superuser: tests look at rows and move them with it. */
  readonly owner: Sql;
  drop(): Promise<void>;
}

/** Clones the template; `empty` gives a database without schema instead. Drop it when done. */
export async function freshDatabase({ empty = false } = {}): Promise<TestDatabase> {
  const serverUrl = setting('TEST_SUPER_URL');
  const name = `test_${randomBytes(8).toString('hex')}`;
  await administer(serverUrl, async (sql) => {
    // Two clones of one template at once get in each other's way.
    await sql`select pg_advisory_lock(hashtextextended('troth test template', 0))`;
    await sql.unsafe(`create database ${name} owner troth_owner template ${empty ? 'template0' : 'troth_template'}`);
    await sql.unsafe(`revoke all on database ${name} from public`);
    await sql.unsafe(`grant connect on database ${name} to troth_app`);
  });
  const on = (user?: string, password?: string): string => {
    const url = new URL(serverUrl);
    url.pathname = `/${name}`;
    if (user !== undefined && password !== undefined) [url.username, url.password] = [user, password];
    return url.href;
  };
  const appUrl = on('troth_app', setting('TEST_APP_PASSWORD'));
  const app = Database.open({ url: appUrl, poolSize: 10 });
  const owner = Database.open({ url: on(), poolSize: 4 });
  return {
    appUrl,
    ownerUrl: on('troth_owner', setting('TEST_OWNER_PASSWORD')),
    superUrl: on(),
    sql: app.sql,
    owner: owner.sql,
    drop: async () => {
      await Promise.all([app.close(), owner.close()]);
      await administer(serverUrl, (sql) => sql.unsafe(`drop database ${name} with (force)`));
    },
  };
}

async function administer(url: string, work: (sql: postgres.Sql) => Promise<unknown>): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice: () => undefined });
  try {
    await work(sql);
  } finally {
    await sql.end({ timeout: 5 });
  }
}

function setting(name: string): string {
  const value = process.env[name];
  if (value === undefined)
    throw new Error(`${name} is not set: run the tests with npm test, which starts a PostgreSQL`);
  return value;
}
