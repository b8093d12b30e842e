import { eventually } from '#testing/eventually';
import { FaultProxy } from '#testing/fault-proxy';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

import { Database, type Sql, type StatementRun } from './database.ts';

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

test('many connections may be opened at once without a warning', async () => {
  const warnings: Error[] = [];
  const keep = (warning: Error): void => void warnings.push(warning);
  process.on('warning', keep);
  const many = Database.open({ url: fresh.superUrl, poolSize: 20, limits: { turnMs: 30_000, connectedMs: 30_000 } });
  await Promise.all(Array.from({ length: 20 }, () => many.sql<object[]>`select pg_sleep(0.1)::text as slept`));
  await many.close();
  process.off('warning', keep);
  expect(warnings).toEqual([]);
});

describe('closing', () => {
  /** However busy the machine is, nobody waits in vain for anything but the end. */
  const PATIENT = { statementMs: 120_000, turnMs: 60_000, connectedMs: 60_000 };

  test('waits for what runs and for what waits, and takes no more', async () => {
    const closing = Database.open({ url: fresh.superUrl, poolSize: 1, applicationName: 'patient' });
    const work = [closing.sql<object[]>`select 1 as n, pg_sleep(0.1)`, closing.sql<object[]>`select 2 as n`];
    const closed = closing.close();
    expect(await failure(closing.sql<object[]>`select 3 as n`)).toMatchObject({ reason: 'closed' });
    expect(await Promise.all(work)).toMatchObject([[{ n: 1 }], [{ n: 2 }]]);
    await closed;
    const left = await sql<object[]>`select pid from pg_stat_activity where application_name = 'patient'`;
    expect(left).toEqual([]);
  });

  test.each([
    ['a statement runs', 50],
    ['a connection is being opened', 0],
  ])('does not wait for ever while %s, and leaves no connection behind', async (_what, closeMs) => {
    const closing = Database.open({
      url: fresh.superUrl,
      poolSize: 1,
      applicationName: 'closing',
      limits: { closeMs, ...PATIENT },
    });
    const work = [failure(closing.sql<object[]>`select pg_sleep(60)`), failure(closing.sql<object[]>`select 2 as n`)];
    await closing.close();
    expect(await Promise.all(work)).toMatchObject([{ reason: 'closed' }, { reason: 'closed' }]);
    await closing.close();
  });

  test('gives up a connection that is being opened, wherever the server keeps it waiting', async () => {
    const proxy = await FaultProxy.before(fresh.superUrl);
    proxy.fault = 'swallow';
    const url = proxy.through(fresh.superUrl);
    const closing = Database.open({ url, poolSize: 1, limits: { closeMs: 50, ...PATIENT } });
    const work = [failure(closing.sql<object[]>`select 1 as n`), failure(closing.sql<object[]>`select 2 as n`)];
    await eventually(() => Promise.resolve(proxy.accepted === 1 ? true : undefined));
    await closing.close();
    expect(await Promise.all(work)).toMatchObject([{ reason: 'closed' }, { reason: 'closed' }]);
    await eventually(() => Promise.resolve(proxy.connections === 0 ? true : undefined));
    await proxy.close();
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
