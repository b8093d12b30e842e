import { inspect } from 'node:util';

import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

import { ConstraintViolated, Database, DatabaseUnavailable, type Sql, StatementFailed } from '../database.ts';

let fresh: TestDatabase;
let db: Database;
let sql: Sql;

beforeAll(async () => {
  fresh = await freshDatabase();
  db = Database.open({ url: fresh.superUrl, poolSize: 3 });
  sql = db.sql;
  await sql<never[]>`
    create table guest (
      id int primary key, email text not null, age int constraint guest_is_of_age check (age >= 18),
      host int constraint guest_has_a_host references guest,
      constraint guest_email_is_unique unique (email))`;
});
beforeEach(() => sql<never[]>`delete from guest`);
afterAll(async () => {
  await db.close();
  await fresh.drop();
});

const failure = (result: Promise<unknown>): Promise<unknown> =>
  result.then(
    () => 'done',
    (error: unknown) => error,
  );

const SECRET = 'ada-lovelace@example.com';

const add = (id: number, email: string | null, age = 20): Promise<object[]> =>
  sql<object[]>`insert into guest (id, email, age) values (${id}::int, ${email}, ${age}::int)`;

test.each<[string, string, () => Promise<unknown>]>([
  ['unique', 'guest_email_is_unique', () => add(2, SECRET)],
  ['primary key', 'guest_pkey', () => add(1, SECRET)],
  ['check', 'guest_is_of_age', () => add(3, SECRET, 7)],
  ['not null', 'guest_email_not_null', () => add(3, null)],
  ['foreign key', 'guest_has_a_host', () => sql<object[]>`update guest set host = 99 where email = ${SECRET}`],
])('a %s constraint tells its name and no value', async (_, constraint, violate) => {
  await add(1, SECRET);
  const error = await failure(violate());
  expect(error).toBeInstanceOf(ConstraintViolated);
  expect(error).toMatchObject({ constraint, message: `constraint violated: ${constraint}` });
  expect(everything(error)).not.toContain('lovelace');
});

test.each<[string, string, () => Promise<unknown>]>([
  ['a value that is none', '22P02', () => sql<object[]>`select ${SECRET}::int as n`],
  ['a NUL', '22021', () => sql<object[]>`select ${`${SECRET}\0`} as text`],
  ['an unknown table', '42P01', () => sql<object[]>`select id from ada_lovelace where id = ${SECRET}`],
  ['a word in the wrong place', '42601', () => sql<object[]>`selekt ${SECRET}`],
  ['a raised exception', 'P0001', () => sql<never[]>`do $$ begin raise exception 'no lovelace'; end $$`],
  ['a division by zero', '22012', () => sql<object[]>`select 1 / ${0}::int as n`],
])('%s tells its SQLSTATE alone', async (_, sqlState, statement) => {
  const error = await failure(statement());
  expect(error).toBeInstanceOf(StatementFailed);
  expect(error).toMatchObject({ sqlState, message: `statement failed: SQLSTATE ${sqlState}` });
  expect(everything(error)).not.toContain('lovelace');
});

test.each<[string, () => Promise<unknown>]>([
  ['too_many_connections', () => raise('53300')],
  ['out_of_resources', () => raise('53100')],
  ['serialization', () => raise('40001')],
  ['deadlock', () => raise('40P01')],
  ['starting', () => raise('57P03')],
  ['connection_lost', () => raise('08006')],
  ['read_only', () => sql<never[]>`do $$ begin set transaction read only; create table t (i int); end $$`],
])('%s passes by itself', async (reason, statement) => {
  const error = await failure(statement());
  expect(error).toBeInstanceOf(DatabaseUnavailable);
  expect(error).toMatchObject({ reason, message: `database unavailable: ${reason}` });
});

test('who waits too long for a lock, or takes too long, is told so', async () => {
  await add(1, SECRET);
  const hasty = Database.open({ url: fresh.superUrl, poolSize: 1, limits: { statementMs: 200, lockMs: 50 } });
  await db.transaction(async (holder) => {
    await holder.sql<object[]>`select id from guest for update`;
    const waiting = failure(hasty.sql<object[]>`select id from guest for update`);
    expect(await waiting).toMatchObject({ reason: 'lock_timeout' });
  });
  expect(await failure(hasty.sql<object[]>`select pg_sleep(5)`)).toMatchObject({ reason: 'statement_timeout' });
  expect(await hasty.sql<object[]>`select id from guest`).toEqual([{ id: 1 }]);
  await hasty.close();
});

test.each([
  ['a role that cannot log in', 'troth_vault', StatementFailed],
  ['a role that does not exist', 'nobody_of_that_name', StatementFailed],
])('%s is told at once', async (_, user, kind) => {
  const url = new URL(fresh.superUrl);
  url.username = user;
  const refused = Database.open({ url: url.href, poolSize: 1 });
  expect(await failure(refused.sql<object[]>`select 1 as one`)).toBeInstanceOf(kind);
  await refused.close();
});

/** Everything that a log could print of an error. */
function everything(error: unknown): string {
  return inspect(error, { showHidden: true, depth: 10 }) + (error instanceof Error ? String(error.stack) : '');
}

async function raise(sqlState: string): Promise<unknown> {
  return db.transaction(({ script }) =>
    script(`do $$ begin raise exception 'no lovelace' using errcode = '${sqlState}'; end $$`),
  );
}
