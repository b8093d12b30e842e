import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { Database } from '#data/database';
import { migrate as migrateSome } from '#data/migrate';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { type Ended, runOps } from '#testing/run-ops';
import { schemaText } from '#testing/schema-text';

jest.setTimeout(120_000);

const MIGRATIONS = readdirSync('db/migrations').sort();
const migrate = (url: string): Promise<Ended> => runOps(['migrate'], { DATABASE_OWNER_URL: url });

let db: TestDatabase;
const roles: string[] = [];
beforeEach(async () => {
  db = await freshDatabase({ empty: true });
});
afterEach(async () => {
  for (const role of roles.splice(0)) await asSuperuser(`drop owned by ${role}; drop role ${role}`);
  await db.drop();
});

async function asSuperuser(script: string): Promise<void> {
  const database = Database.open({ url: db.superUrl, poolSize: 1 });
  await database.transaction((turn) => turn.script(script));
  await database.close();
}

/** The URL of a new user who may connect, and be what the words say. */
async function user(words = ''): Promise<{ name: string; url: string }> {
  const [name, password] = [`guest_${randomBytes(6).toString('hex')}`, randomBytes(12).toString('hex')];
  await asSuperuser(`create role ${name} login password '${password}' ${words}`);
  roles.push(name);
  const url = new URL(db.superUrl);
  [url.username, url.password] = [name, password];
  await asSuperuser(`grant connect on database ${url.pathname.slice(1)} to ${name}`);
  return { name, url: url.href };
}

/** Everything the database has of a schema, and whose it is. */
const isUntouched = async (): Promise<boolean> => {
  const [row] = await db.owner<{ objects: number }[]>`
    select count(*)::int as objects from pg_class where relnamespace = 'public'::regnamespace`;
  return row?.objects === 0;
};

async function expectWholeSchema(): Promise<void> {
  expect(readFileSync('db/schema.sql', 'utf8').endsWith(await schemaText(db))).toBe(true);
  const strays = await db.owner<{ name: string; owner: string }[]>`
    select relname::text as name, relowner::regrole::text as owner from pg_class
     where relnamespace in ('public'::regnamespace, 'vault'::regnamespace)
       and relowner::regrole::text not in ('troth_owner', 'troth_vault')
    union all
    select typname, typowner::regrole::text from pg_type
     where typnamespace = 'public'::regnamespace and typowner::regrole::text <> 'troth_owner'`;
  expect(strays).toEqual([]);
}

function expectRefusal({ code, err }: Ended, words: string): void {
  expect(err).toContain(words);
  expect(code).toBe(1);
  expect(err).not.toContain('    at ');
  expect(err.trim().split('\n')).toHaveLength(1);
}

test('a superuser’s migrations leave everything to troth_owner', async () => {
  const { code, out, err } = await migrate(db.superUrl);
  expect([code, err]).toEqual([0, '']);
  expect(out.match(/^migrated \S+$/gm)).toEqual(MIGRATIONS.map((name) => `migrated ${name}`));
  await expectWholeSchema();
});

test('troth_owner goes on where a superuser stopped', async () => {
  await asSuperuser('alter schema public owner to troth_owner; grant usage on schema public to troth_app, troth_vault');
  const directory = await mkdtemp(path.join(tmpdir(), 'troth-migrations-'));
  await cp('db/migrations', directory, { recursive: true });
  await rm(path.join(directory, MIGRATIONS.at(-1) ?? ''));
  await migrateSome(db.superUrl, { directory });
  await rm(directory, { recursive: true });
  expect((await migrate(db.ownerUrl)).out.match(/^migrated \S+$/gm)).toEqual([`migrated ${MIGRATIONS.at(-1) ?? ''}`]);
  expect(await migrate(db.superUrl)).toEqual({ code: 0, out: 'The schema is up to date.\n', err: '' });
  await expectWholeSchema();
});

test('troth_owner and a member of it migrate alike', async () => {
  await asSuperuser('alter schema public owner to troth_owner; grant usage on schema public to troth_app, troth_vault');
  const member = await user('noinherit in role troth_owner');
  expect(await migrate(member.url)).toMatchObject({ code: 0, err: '' });
  await expectWholeSchema();
  expect(await migrate(db.ownerUrl)).toMatchObject({ code: 0, out: 'The schema is up to date.\n' });
});

test('four superusers at once take turns', async () => {
  const runs = await Promise.all(Array.from({ length: 4 }, () => migrate(db.superUrl)));
  expect(runs.map(({ code, err }) => [code, err])).toEqual(Array.from({ length: 4 }, () => [0, '']));
  const applied = runs.flatMap(({ out }) => out.match(/^migrated \S+$/gm) ?? []);
  expect(applied.sort()).toEqual(MIGRATIONS.map((name) => `migrated ${name}`));
  await expectWholeSchema();
});

test.each(['', 'createrole createdb'])('a foreign user (%s) is refused, and nothing is changed', async (words) => {
  const { name, url } = await user(words);
  await asSuperuser(`grant create, usage on schema public to ${name}`);
  expectRefusal(await migrate(url), `"${name}" is neither troth_owner, nor a member of it, nor a superuser.`);
  expect(await isUntouched()).toBe(true);
});

test('troth_app is refused too', async () => {
  expectRefusal(await migrate(db.appUrl), '"troth_app" is neither troth_owner');
  expect(await isUntouched()).toBe(true);
});

test('a member who may not take the part of troth_owner is refused', async () => {
  const [server] = await db.owner<{ version: number }[]>`
    select current_setting('server_version_num')::int as version`;
  if (server === undefined || server.version < 160_000) return;
  const { name, url } = await user();
  await asSuperuser(`grant troth_owner to ${name} with set false, inherit true`);
  expectRefusal(await migrate(url), 'may not set role troth_owner');
  expect(await isUntouched()).toBe(true);
});

test('in a database that the roles were not given, troth_owner is told what a superuser has to run', async () => {
  const name = new URL(db.superUrl).pathname.slice(1);
  await asSuperuser(`alter database ${name} owner to current_user; grant connect on database ${name} to troth_owner`);
  const ended = await migrate(db.ownerUrl);
  expectRefusal(ended, 'This database was not given to the roles yet.');
  expect(ended.out).toBe(`${readFileSync('db/roles.sql', 'utf8')}\n`);
  expect(await isUntouched()).toBe(true);
  expect((await migrate(db.superUrl)).code).toBe(0);
  await expectWholeSchema();
});

test('a schema that somebody else made before is refused in words', async () => {
  await asSuperuser('create table schema_migration (name text primary key, checksum text, applied_at timestamptz)');
  const [me] = await db.owner<{ name: string }[]>`select current_user::text as name`;
  for (const url of [db.ownerUrl, db.superUrl])
    expectRefusal(await migrate(url), `The table schema_migration belongs to "${me?.name ?? ''}"`);
});

test.each([
  ['a wrong password', 'the password of "troth_owner" is not right', { password: 'hush-hush' }],
  [
    'an unknown user',
    'the password of "nobody_at_all" is not right, or there is no such user',
    { username: 'nobody_at_all' },
  ],
  ['a database that is missing', 'it has no database "no_such_database"', { pathname: '/no_such_database' }],
])('%s is told in a line', async (_, words, change) => {
  const url = Object.assign(new URL(db.ownerUrl), change);
  const ended = await migrate(url.href);
  expectRefusal(ended, words);
  expect(ended.out + ended.err).not.toContain(url.password);
});

test('a user who may not connect is told so', async () => {
  const { name, url } = await user();
  await asSuperuser(`revoke connect on database ${new URL(url).pathname.slice(1)} from ${name}`);
  expectRefusal(await migrate(url), `"${name}" may not connect to the database`);
});

test('a migration with broken SQL ends in a line that names file, SQLSTATE and position', async () => {
  const folder = await mkdtemp(path.join(tmpdir(), 'troth-broken-'));
  try {
    await cp('db', path.join(folder, 'db'), { recursive: true });
    await writeFile(path.join(folder, 'db/migrations/999999_broken.sql'), 'alter table address ad column x int;');
    const ended = await runOps(['migrate'], { DATABASE_OWNER_URL: db.superUrl }, folder);
    expectRefusal(ended, '999999_broken.sql cannot be applied: statement failed: SQLSTATE 42601 at character 21: ');
    expect(ended.out).toContain(`migrated ${MIGRATIONS.at(-1)}`);
  } finally {
    await rm(folder, { recursive: true });
  }
});
