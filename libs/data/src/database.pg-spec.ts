import { inspect } from 'node:util';

import { eventually } from '#testing/eventually';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

import {
  ConstraintViolated,
  Database,
  DatabaseUnavailable,
  type Sql,
  StatementFailed,
  type StatementRun,
} from './database.ts';

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
      host int constraint guest_has_a_host references guest deferrable,
      constraint guest_email_is_unique unique (email))`;
});
afterAll(async () => {
  await db.close();
  await fresh.drop();
});
beforeEach(() => sql<never[]>`delete from guest`);

const failure = (result: Promise<unknown>): Promise<unknown> =>
  result.then(
    () => 'done',
    (error: unknown) => error,
  );

describe('values', () => {
  test('rows are plain objects with the documented types', async () => {
    const [row] = await sql<Record<string, unknown>[]>`
      select 'é€😀'::text as text, -2147483648::int as int, 1.5::float8 as float, false as no, null::text as nothing,
             9007199254740993::int8 as big, 1.10::numeric as exact, '\\x00ff'::bytea as bytes,
             '2026-01-02 03:04:05.678+02'::timestamptz as at, '{"a": [1]}'::jsonb as data`;
    expect(row).toStrictEqual({
      text: 'é€😀',
      int: -2147483648,
      float: 1.5,
      no: false,
      nothing: null,
      big: '9007199254740993',
      exact: '1.10',
      bytes: Buffer.from([0, 255]),
      at: new Date('2026-01-02T01:04:05.678Z'),
      data: { a: [1] },
    });
  });

  test('parameters arrive as they were given', async () => {
    const bytes = new Uint8Array([9, 0, 255, 9]).subarray(1, 3);
    const [row] = await sql<Record<string, unknown>[]>`
      select ${`it's "é"\\`} as text, ${7}::int as int, ${2n ** 62n}::int8 as big, ${true}::boolean as yes,
             ${false}::boolean as no, ${null}::text as nothing, ${bytes}::bytea as bytes, ${'{"a":1}'}::jsonb as data,
             ${'2026-01-02T03:04:05Z'}::timestamptz as at`;
    expect(row).toEqual({
      text: `it's "é"\\`,
      int: 7,
      big: '4611686018427387904',
      yes: true,
      no: false,
      nothing: null,
      bytes: Buffer.from(bytes),
      data: { a: 1 },
      at: new Date('2026-01-02T03:04:05Z'),
    });
  });

  test('arrays travel both ways', async () => {
    const words = ['', 'a b', '"', '\\', '{x,y}', 'NULL', 'null', 'é\n'];
    const [row] = await sql<Record<string, unknown>[]>`
      select ${words}::text[] as words, ${[1, -2]}::int[] as ints, ${[]}::uuid[] as none, '{t,f,null}'::boolean[] as flags,
             array['\\x00'::bytea] as bytes, array['2026-01-02 03:04:05+00'::timestamptz] as moments`;
    expect(row).toEqual({
      words,
      ints: [1, -2],
      none: [],
      flags: [true, false, null],
      bytes: [Buffer.from([0])],
      moments: [new Date('2026-01-02T03:04:05Z')],
    });
  });

  test('half a surrogate pair is refused instead of becoming another character', async () => {
    await expect(sql<object[]>`select ${'a\ud800'} as text`).rejects.toMatchObject({ sqlState: '22021' });
    await expect(sql<object[]>`select ${['a\udc00']}::text[] as words`).rejects.toMatchObject({ sqlState: '22021' });
  });

  test('a statement that is planned anew, because a table has changed, gets the same parameters again', async () => {
    await sql<never[]>`create table replanned (a int)`;
    await sql<never[]>`insert into replanned values (1)`;
    const one = Database.open({ url: fresh.superUrl, poolSize: 1 });
    const read = (): Promise<object[]> =>
      one.sql<object[]>`
        select replanned.*, ${true}::boolean as yes, ${Buffer.from('abc')}::bytea as bytes, ${'"x"'}::jsonb as data
          from replanned`;
    const written = { yes: true, bytes: Buffer.from('abc'), data: 'x' };
    expect(await read()).toEqual([{ a: 1, ...written }]);
    await sql<never[]>`alter table replanned add b int`;
    expect(await read()).toEqual([{ a: 1, b: null, ...written }]);
    await one.close();
  });
});

describe('failures', () => {
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
});

describe('transactions', () => {
  const guests = async (): Promise<readonly number[]> =>
    (await sql<{ id: number }[]>`select id from guest order by id`).map(({ id }) => id);
  const add = (by: Sql, id: number): Promise<never[]> =>
    by<never[]>`insert into guest (id, email) values (${id}::int, ${`guest-${id}`})`;

  test('what the work has done is there when it resolves, and its result is given', async () => {
    const result = await db.transaction(async (inside) => {
      await Promise.all([add(inside.sql, 1), add(inside.sql, 2)]);
      return 'a result';
    });
    expect([result, await guests()]).toEqual(['a result', [1, 2]]);
  });

  test.each<[string, (inside: { sql: Sql }) => Promise<unknown>]>([
    ['rejects', ({ sql: by }) => add(by, 1).then(() => Promise.reject(new Error('changed my mind')))],
    [
      'throws before it gives a promise',
      ({ sql: by }) => {
        void add(by, 1);
        throw new Error('changed my mind');
      },
    ],
  ])('nothing stays when the work %s', async (_, work) => {
    await expect(db.transaction(work)).rejects.toThrow('changed my mind');
    expect(await guests()).toEqual([]);
    expect(await idleInTransaction()).toBe(0);
  });

  test('a failure that the work hides is not taken for success', async () => {
    const hidden = db.transaction(async (inside) => {
      await add(inside.sql, 1);
      await failure(inside.sql<object[]>`select 1 / 0`);
    });
    expect(await failure(hidden)).toMatchObject({ sqlState: '25P02' });
    expect(await guests()).toEqual([]);
  });

  test('a constraint that is checked at the commit refuses it', async () => {
    const late = db.transaction(async (inside) => {
      await inside.sql<never[]>`set constraints guest_has_a_host deferred`;
      await inside.sql<never[]>`insert into guest (id, email, host) values (1, 'a', 99)`;
    });
    expect(await failure(late)).toMatchObject({ constraint: 'guest_has_a_host' });
    expect(await idleInTransaction()).toBe(0);
  });

  test('no statement follows the end of the work', async () => {
    const escaped = await db.transaction((inside) => Promise.resolve({ sql: inside.sql }));
    expect(await failure(add(escaped.sql, 1))).toMatchObject({ sqlState: '25P01' });
    expect(await guests()).toEqual([]);
  });

  test.each(['begin', 'start transaction', 'commit', 'rollback'])('%s is not a statement to send', async (text) => {
    const tagged = Object.assign([text], { raw: [text] });
    expect(await failure(sql<never[]>(tagged))).toMatchObject({ sqlState: '2D000' });
    const inside = db.transaction(({ script }) => script(`insert into guest (id, email) values (1, 'a'); ${text}`));
    expect(await failure(inside)).toMatchObject({ sqlState: '2D000' });
    expect(await idleInTransaction()).toBe(0);
  });

  test('a script says what is wrong with its words, and where', async () => {
    const script = db.transaction((inside) => inside.script('select 1;\ncreat table t (i int)'));
    await expect(script).rejects.toThrow(
      'statement failed: SQLSTATE 42601 at character 11: syntax error at or near "creat"',
    );
  });

  async function idleInTransaction(): Promise<number> {
    const rows = await sql<{ pid: number }[]>`
      select pid from pg_stat_activity
       where datname = current_database() and state like 'idle in transaction%'`;
    return rows.length;
  }
});

test('every connection has the limits of the contract, whatever the role and the server say', async () => {
  const settings = async (by: Sql): Promise<object[]> =>
    by<object[]>`
      select current_setting('statement_timeout') as statement, current_setting('lock_timeout') as lock,
             current_setting('idle_in_transaction_session_timeout') as idle, current_setting('DateStyle') as dates,
             current_setting('bytea_output') as bytes, current_setting('application_name') as name`;
  const role = new URL(fresh.appUrl).username;
  await db.transaction(({ script }) =>
    script(`alter role ${role} in database ${new URL(fresh.appUrl).pathname.slice(1)} set bytea_output = 'escape'`),
  );
  const app = Database.open({ url: fresh.appUrl, poolSize: 1 });
  expect(await settings(app.sql)).toEqual([
    { statement: '5s', lock: '1s', idle: '5s', dates: 'ISO, MDY', bytes: 'hex', name: 'troth' },
  ]);
  await app.close();
});

test('listeners hear of every statement, with its text and outcome and without its values', async () => {
  const runs: StatementRun[] = [];
  const heard = Database.open({ url: fresh.superUrl, poolSize: 1, onStatement: (run) => runs.push(run) });
  await heard.sql<object[]>`select ${1}::int as a, ${'b'} as b`;
  await failure(heard.sql<object[]>`select ${'lovelace'}::int as n`);
  await heard.transaction((inside) => inside.sql<object[]>`select 2 as two`);
  expect(runs.map(({ text, outcome }) => [text, outcome])).toEqual([
    ['select $1::int as a, $2 as b', 'ok'],
    ['select $1::int as n', 'error'],
    ['select 2 as two', 'ok'],
  ]);
  expect(runs.every(({ milliseconds }) => milliseconds > 0 && milliseconds < 5_000)).toBe(true);
  await heard.close();
});

describe('closing', () => {
  test('waits for what runs and for what waits, and takes no more', async () => {
    const closing = Database.open({ url: fresh.superUrl, poolSize: 1 });
    const work = [closing.sql<object[]>`select 1 as n, pg_sleep(0.1)`, closing.sql<object[]>`select 2 as n`];
    const closed = closing.close();
    expect(await failure(closing.sql<object[]>`select 3 as n`)).toMatchObject({ reason: 'closed' });
    expect(await Promise.all(work)).toMatchObject([[{ n: 1 }], [{ n: 2 }]]);
    await closed;
  });

  test('does not wait for ever, and leaves no connection behind', async () => {
    const closing = Database.open({
      url: fresh.superUrl,
      poolSize: 1,
      applicationName: 'closing',
      limits: { closeMs: 50 },
    });
    const work = [failure(closing.sql<object[]>`select pg_sleep(4)`), failure(closing.sql<object[]>`select 2 as n`)];
    await closing.close();
    expect(await Promise.all(work)).toMatchObject([{ reason: 'closed' }, { reason: 'closed' }]);
    await closing.close();
  });
});

test('connections are replaced when they are old', async () => {
  const one = Database.open({ url: fresh.superUrl, poolSize: 1, limits: { lifetimeMs: 30 } });
  const pid = async (): Promise<number> =>
    (await one.sql<{ pid: number }[]>`select pg_backend_pid() as pid`)[0]?.pid ?? 0;
  const first = await pid();
  const other = await eventually(async () => {
    const now = await pid();
    return now === first ? undefined : now;
  });
  expect(other).not.toBe(first);
  await one.close();
});
