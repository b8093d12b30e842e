import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

import { migrate, MigrationRefused, schemaVersion } from './migrate.ts';

let db: TestDatabase;
let directory: string;
beforeEach(async () => {
  db = await freshDatabase({ empty: true });
  await db.owner`alter schema public owner to troth_owner`;
  directory = await mkdtemp(path.join(tmpdir(), 'troth-migrations-'));
});
afterEach(async () => {
  await db.drop();
  await rm(directory, { recursive: true });
});

const put = (name: string, text: string): Promise<void> => writeFile(path.join(directory, name), text);
const run = () => migrate(db.ownerUrl, { directory });

test('eight processes at once apply each file once, in order', async () => {
  for (const n of [1, 2, 3, 4])
    await put(`00000${n}_step.sql`, `create table step_${n} (id int); insert into step_${n} values (1);`);
  const runs = await Promise.all(Array.from({ length: 8 }, run));
  expect(runs.flatMap(({ applied }) => applied).sort()).toEqual([1, 2, 3, 4].map((n) => `00000${n}_step.sql`));
  expect(await db.owner`select from step_4`).toHaveLength(1);
  expect(await run()).toEqual({ applied: [] });
});

test('the project’s own migrations apply to an empty database', async () => {
  await cp('db/migrations', directory, { recursive: true });
  await db.owner`grant usage on schema public to troth_app, troth_vault`;
  expect((await run()).applied.length).toBeGreaterThan(5);
  expect(await schemaVersion(db.owner)).toMatch(/^\d{6}_/);
});

test('a migration that fails leaves nothing behind, and what came before it stays', async () => {
  await put('000001_good.sql', 'create table good (id int);');
  await put('000002_bad.sql', 'create table half (id int); select * from nowhere;');
  await expect(run()).rejects.toThrow(
    '000002_bad.sql cannot be applied: statement failed: SQLSTATE 42P01 at character 43: relation "nowhere" does not exist. Nothing of it was.',
  );
  const [seen] = await db.owner<{ good: boolean; half: boolean }[]>`
    select to_regclass('good') is not null as good, to_regclass('half') is not null as half`;
  expect(seen).toEqual({ good: true, half: false });
  expect(await schemaVersion(db.owner)).toBe('000001_good.sql');
  await put('000002_bad.sql', 'create table half (id int);');
  expect(await run()).toEqual({ applied: ['000002_bad.sql'] });
});

test.each([
  ['creat table half ();', 'SQLSTATE 42601 at character 1: syntax error at or near "creat"'],
  ["select 'x'::int;", 'SQLSTATE 22P02'],
  ['create table good (id int not null); insert into good values (null);', 'constraint violated: good_id_not_null'],
])('a migration that says %j is refused in a line that names the file', async (text, fault) => {
  await put('000001_bad.sql', text);
  const refusal = await run().catch((error: unknown) => error);
  expect(refusal).toBeInstanceOf(MigrationRefused);
  expect(String(refusal)).toContain(`000001_bad.sql cannot be applied: `);
  expect(String(refusal)).toContain(fault);
  expect(String(refusal)).not.toContain('\n');
});

describe('what does not belong together is refused', () => {
  beforeEach(async () => {
    await put('000002_second.sql', 'create table second (id int);');
    await run();
  });

  test('a file that was changed after it was applied', async () => {
    await put('000002_second.sql', 'create table second (id bigint);');
    await expect(run()).rejects.toThrow('000002_second.sql was changed after it was applied');
  });

  test('a file that is missing between others', async () => {
    await rm(path.join(directory, '000002_second.sql'));
    await put('000003_third.sql', 'create table third (id int);');
    await expect(run()).rejects.toThrow('000002_second.sql, which is missing here');
  });

  test('a file that comes before one already applied', async () => {
    await put('000001_first.sql', 'create table first (id int);');
    await expect(run()).rejects.toThrow('000001_first.sql comes before 000002_second.sql');
  });

  test('a name that is none', async () => {
    await put('third.sql', 'create table third (id int);');
    await expect(run()).rejects.toThrow('third.sql is no name of a migration');
  });
});

test('a database that a newer release has migrated is accepted', async () => {
  await put('000001_first.sql', 'create table first (id int);');
  await put('000002_second.sql', 'create table second (id int);');
  await run();
  await rm(path.join(directory, '000002_second.sql'));
  expect(await run()).toEqual({ applied: [] });
});

test('an empty database has no version', async () => {
  expect(await schemaVersion(db.owner)).toBeUndefined();
});
