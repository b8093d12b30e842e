import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';

import { againIfChangedAtOnce, isChangedAtOnce } from './changed-at-once.ts';
import { ConstraintViolated, Database, type Sql, StatementFailed, type Transaction } from './database.ts';
import { describeOwner, type OwnerDescription } from './owner.ts';

/** Where the migrations are, seen from the folder the process runs in. */
const MIGRATIONS_DIRECTORY = path.join('db', 'migrations');
/** A migration takes the time it takes. */
const UNBOUNDED = { statementMs: 0, lockMs: 0, idleInTransactionMs: 0 };
const LET_A_SUPERUSER =
  'Let a superuser run db/roles.sql in this database, or `npm run ops -- migrate` with a URL of theirs. Nothing was changed.';
const FILE_NAME = /^\d{6}_[a-z0-9_]+\.sql$/;

/** The migrations cannot be applied as the code, the database and the user are. The message says what to do. */
export class MigrationRefused extends Error {}

/** The roles of `db/roles.sql` are missing, or this database was not given to them: a superuser has to run that file. */
export class RolesMissing extends MigrationRefused {}

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
 * Applies what is missing, in the order of the numbers, each file in a transaction of its own, as `troth_owner`, whoever
 * logs in: a member or a superuser takes its part. Any number of processes may call it at once: they take turns under
 * one lock, and each file is applied once. A user who cannot be `troth_owner` is refused before anything is changed; so
 * is a file that was changed, or that is missing or comes before one already applied.
 */
export async function migrate(url: string, options: MigrateOptions = {}): Promise<{ applied: readonly string[] }> {
  const migrations = await readMigrations(options.directory ?? MIGRATIONS_DIRECTORY);
  const database = Database.open({ url, poolSize: 1, applicationName: 'troth migrate', limits: UNBOUNDED });
  const applied: string[] = [];
  try {
    await refuseStranger(database);
    await database.transaction(makeTable);
    for (const migration of migrations) {
      // Another process may be giving the database to the roles.
      const isNew = await againIfChangedAtOnce(() =>
        database.transaction((turn) => applyNext(turn, migrations, migration)),
      );
      if (!isNew) continue;
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

/** The newest migration that this release brings; undefined when there is none. */
export async function newestMigration(): Promise<string | undefined> {
  return (await readMigrations(MIGRATIONS_DIRECTORY)).at(-1)?.name;
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

async function refuseStranger(database: Database): Promise<void> {
  refuseUnfit(await describeOwner(database.sql));
  try {
    await database.transaction(becomeOwner);
  } catch (error) {
    // From PostgreSQL 16 on one can be a member of a role without the right to take its part.
    if (!(error instanceof StatementFailed && error.sqlState === '42501')) throw error;
    throw new MigrationRefused('This user is a member of troth_owner, but may not set role troth_owner.');
  }
}

function refuseUnfit({ user, hasRoles, mayBeOwner, isPrepared, strayOwner }: OwnerDescription): void {
  if (!hasRoles) throw new RolesMissing(`The roles are missing. ${LET_A_SUPERUSER}`);
  if (!mayBeOwner)
    throw new MigrationRefused(
      `"${user}" is neither troth_owner, nor a member of it, nor a superuser. Log in as troth_owner. Nothing was changed.`,
    );
  if (!isPrepared) throw new RolesMissing(`This database was not given to the roles yet. ${LET_A_SUPERUSER}`);
  if (strayOwner !== null)
    throw new MigrationRefused(
      `The table schema_migration belongs to "${strayOwner}", who migrated before. Let a superuser give it, and all that ` +
        'was made with it, to troth_owner (alter … owner to troth_owner). Nothing was changed.',
    );
}

/** Until the end of the transaction. */
async function becomeOwner(turn: Transaction): Promise<void> {
  await turn.script('set local role troth_owner');
}

async function makeTable(turn: Transaction): Promise<void> {
  await takeTurn(turn);
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
  await takeTurn(turn);
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
  await apply(turn, next);
  await sql`
    insert into schema_migration (name, checksum) values (${next.name}, ${next.checksum})
  `;
  return true;
}

async function apply(turn: Transaction, { name, text }: Migration): Promise<void> {
  try {
    await turn.script(text);
  } catch (error) {
    if (isChangedAtOnce(error)) throw error;
    if (!(error instanceof StatementFailed || error instanceof ConstraintViolated)) throw error;
    throw new MigrationRefused(`${name} cannot be applied: ${error.message}. Nothing of it was.`);
  }
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

async function takeTurn(turn: Transaction): Promise<void> {
  await becomeOwner(turn);
  await turn.sql`
    select pg_advisory_xact_lock(hashtextextended('troth migrate', 0))::text as turn
  `;
}
