import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { Database, type Sql, type Transaction } from './database.ts';

/** Where the migrations are, seen from the folder the process runs in. */
const MIGRATIONS_DIRECTORY = path.join('db', 'migrations');
/** A migration takes the time it takes. */
const UNBOUNDED = { statementMs: 0, lockMs: 0, idleInTransactionMs: 0 };
const FILE_NAME = /^\d{6}_[a-z0-9_]+\.sql$/;

/** The migrations of the code and those of the database do not belong together. The message says what to do. */
export class MigrationRefused extends Error {
  override readonly name = 'MigrationRefused';
}

/** Where the migrations are, and who hears of each. */
export interface MigrateOptions {
  readonly directory?: string;
  readonly log?: (line: string) => void;
}

interface Migration {
  readonly name: string;
  readonly text: string;
  /** SHA-256, hexadecimal. */
  readonly checksum: string;
}

/**
 * Applies what is missing, in the order of the numbers, each file in a transaction of its own. Any number of processes
 * may call it at once: they take turns under one lock, and each file is applied once. A file that was changed, or that
 * is missing or comes before one already applied, is refused.
 */
export async function migrate(ownerUrl: string, options: MigrateOptions = {}): Promise<{ applied: readonly string[] }> {
  const migrations = await readMigrations(options.directory ?? MIGRATIONS_DIRECTORY);
  const database = Database.open({ url: ownerUrl, poolSize: 1, applicationName: 'troth migrate', limits: UNBOUNDED });
  const applied: string[] = [];
  try {
    await database.transaction(makeTable);
    for (const migration of migrations) {
      if (!(await database.transaction((turn) => applyNext(turn, migrations, migration)))) continue;
      applied.push(migration.name);
      options.log?.(`migrated ${migration.name}`);
    }
    return { applied };
  } finally {
    await database.close();
  }
}

/** The newest migration of the database; undefined when it has none, or no schema at all. */
export async function schemaVersion(sql: Sql): Promise<string | undefined> {
  const [table] = await sql<{ exists: boolean }[]>`
    select to_regclass('public.schema_migration') is not null as exists -- not null
  `;
  if (table?.exists !== true) return undefined;
  const [newest] = await sql<{ name: string }[]>`
    select name from schema_migration order by name desc limit 1
  `;
  return newest?.name;
}

async function readMigrations(directory: string): Promise<readonly Migration[]> {
  const names = (await readdir(directory)).filter((name) => name.endsWith('.sql')).sort();
  const stray = names.find((name) => !FILE_NAME.test(name));
  if (stray !== undefined) throw new MigrationRefused(`${stray} is no name of a migration: NNNNNN_what_it_does.sql.`);
  return Promise.all(
    names.map(async (name) => {
      const text = await readFile(path.join(directory, name), 'utf8');
      return { name, text, checksum: createHash('sha256').update(text).digest('hex') };
    }),
  );
}

async function makeTable(turn: Transaction): Promise<void> {
  await takeTurn(turn.sql);
  await turn.script(`
    create table if not exists schema_migration (
      name       text not null,
      checksum   text not null,
      applied_at timestamptz not null default clock_timestamp(),
      constraint schema_migration_pkey primary key (name)
    );
    grant select on schema_migration to troth_app`);
}

/** One transaction: the lock, the look at what was applied, the file. False: another process applied it. */
async function applyNext(turn: Transaction, all: readonly Migration[], next: Migration): Promise<boolean> {
  const { sql } = turn;
  await takeTurn(sql);
  const done = await sql<{ name: string; checksum: string }[]>`
    select name, checksum from schema_migration order by name
  `;
  refuseStrangers(all, done);
  if (done.some(({ name }) => name === next.name)) return false;
  const newest = done.at(-1)?.name;
  if (newest !== undefined && newest > next.name)
    throw new MigrationRefused(
      `${next.name} comes before ${newest}, which is applied already. Give it a later number.`,
    );
  await turn.script(next.text);
  await sql`
    insert into schema_migration (name, checksum) values (${next.name}, ${next.checksum})
  `;
  return true;
}

function refuseStrangers(all: readonly Migration[], done: readonly { name: string; checksum: string }[]): void {
  for (const { name, checksum } of done) {
    const file = all.find((migration) => migration.name === name);
    const newest = all.at(-1)?.name ?? '';
    // A newer release has been here: its migrations only expand, so this code can run on them.
    if (!file && name > newest) continue;
    if (!file) throw new MigrationRefused(`The database has ${name}, which is missing here. Restore the file.`);
    if (file.checksum !== checksum)
      throw new MigrationRefused(`${name} was changed after it was applied. Restore it, and write a new migration.`);
  }
}

async function takeTurn(sql: Sql): Promise<void> {
  await sql`
    select pg_advisory_xact_lock(hashtextextended('troth migrate', 0))::text as turn
  `;
}
