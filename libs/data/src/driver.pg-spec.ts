import { setTimeout as pause } from 'node:timers/promises';

import { eventually } from '#testing/eventually';
import { FaultProxy } from '#testing/fault-proxy';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

import { Database, type DatabaseLimits, DatabaseUnavailable, type Sql } from './database.ts';
import { DEFAULT_LIMITS } from './driver/limits.ts';

// What databases and networks do to a driver. postgres.js 3.4.9 by itself passes the last of the seven scenarios only:
// docs/decisions/0002-postgres-driver.md.

let fresh: TestDatabase;
let proxy: FaultProxy;
let db: Database;

beforeAll(async () => {
  fresh = await freshDatabase();
  await fresh.owner<never[]>`create table mark (k int primary key)`;
});
afterAll(() => fresh.drop());

beforeEach(async () => {
  proxy = await FaultProxy.before(fresh.superUrl);
});
afterEach(async () => {
  await db.close();
  await proxy.close();
});

/** Opens the port through the proxy, with one connection made already for each of the pool. */
async function open(poolSize: number, limits: Partial<DatabaseLimits> = {}): Promise<Sql> {
  db = Database.open({ url: proxy.through(fresh.superUrl), poolSize, limits });
  const waits = Array.from({ length: poolSize }, () => db.sql<object[]>`select pg_sleep(0.02)`);
  await Promise.all(waits);
  expect(proxy.accepted).toBe(poolSize);
  return db.sql;
}

/** What a statement came to: `right`, the reason why it was refused, or what is wrong about its rows. */
async function echo(sql: Sql, word: string): Promise<string> {
  try {
    const rows = await sql<{ word: string }[]>`select ${word}::text as word`;
    return rows.length === 1 && rows[0]?.word === word ? 'right' : `wrong: ${JSON.stringify(rows)}`;
  } catch (error) {
    return reasonOf(error);
  }
}

const twice = async (sql: Sql): Promise<string[]> => [await echo(sql, 'B'), await echo(sql, 'C')];
const outcome = (result: Promise<unknown>): Promise<string> => result.then(() => 'done', reasonOf);

function reasonOf(error: unknown): string {
  return error instanceof DatabaseUnavailable ? error.reason : `thrown: ${String(error)}`;
}

/** A result so long and so slow that whatever happens, happens in the middle of it. */
const flood = (sql: Sql): Promise<object[]> =>
  sql<{ pad: string }[]>`select repeat('x', 2000) as pad, pg_sleep(0.002) from generate_series(1, 2000)`;

async function inTheMiddle(): Promise<void> {
  await eventually(async () => {
    const [busy] = await fresh.owner<{ pid: number }[]>`
      select pid from pg_stat_activity
       where datname = current_database() and state = 'active' and query like '%generate_series(1, 2000)' and
             pid <> pg_backend_pid() and clock_timestamp() > query_start + interval '100 milliseconds'`;
    return busy;
  });
}

const kept = async (k: number): Promise<boolean> =>
  (await fresh.owner<{ k: number }[]>`select k from mark where k = ${k}::int`).length === 1;

describe('the seven scenarios', () => {
  test('1: after a reset in the middle of a result the next results are right', async () => {
    const sql = await open(1);
    const flooded = outcome(flood(sql));
    await inTheMiddle();
    proxy.cut();
    expect(await flooded).toBe('connection_lost');
    expect(await twice(sql)).toEqual(['right', 'right']);
  });

  test('2: a statement that is sent in the same tick as the reset is answered', async () => {
    const sql = await open(1);
    const again = flood(sql).then(
      () => 'not cut',
      () => echo(sql, 'A'),
    );
    await inTheMiddle();
    proxy.cut();
    expect(await again).toBe('right');
    expect(await twice(sql)).toEqual(['right', 'right']);
  });

  test('3: a reset inside a transaction refuses it, and nothing of it stays', async () => {
    const sql = await open(1);
    const transaction = db.transaction(async (inside) => {
      await inside.sql<never[]>`insert into mark (k) values (3)`;
      await outcome(flood(inside.sql));
      // Whoever carries on all the same is not brought to another connection.
      expect(await echo(inside.sql, 'D')).toBe('connection_lost');
    });
    const refused = outcome(transaction);
    await inTheMiddle();
    proxy.cut();
    expect(await refused).toBe('connection_lost');
    expect(await twice(sql)).toEqual(['right', 'right']);
    expect(await kept(3)).toBe(false);
  });

  test('4: after an error in the middle of a result the next results are right', async () => {
    const sql = await open(1);
    const failing = sql<object[]>`select 1 / (3 - g) from generate_series(1, 5) as g`;
    const behind = echo(sql, 'P');
    await expect(failing).rejects.toMatchObject({ sqlState: '22012' });
    expect([await behind, ...(await twice(sql))]).toEqual(['right', 'right', 'right']);
    expect(proxy.accepted).toBe(1);
  });

  test.each([0, 1, 2, 99, 100, 199, 200, 201, 202])(
    '5: a transaction behind %i statements commits, and what is acknowledged later is there',
    async (ahead) => {
      const sql = await open(2);
      const before = Array.from({ length: ahead }, () => sql<object[]>`select pg_sleep(0.001)`);
      const transaction = outcome(db.transaction((inside) => echo(inside.sql, 'T')));
      await Promise.all(before);
      expect(await transaction).toBe('done');
      const ks = Array.from({ length: 10 }, (_, i) => 1000 + ahead * 10 + i);
      for (const k of ks) await sql<never[]>`insert into mark (k) values (${k}::int)`;
      expect(await Promise.all(ks.map(kept))).toEqual(ks.map(() => true));
    },
  );

  test('6: a server that hangs up at once is refused, is not stormed, and is found again', async () => {
    proxy.fault = 'hang-up';
    db = Database.open({ url: proxy.through(fresh.superUrl), poolSize: 1 });
    const until = performance.now() + 500;
    let asked = 0;
    for (; performance.now() < until; asked += 1) expect(await echo(db.sql, 'F')).toBe('connection_lost');
    expect(proxy.accepted).toBe(asked);
    expect(asked).toBeLessThanOrEqual(6);
    proxy.fault = 'none';
    expect(await twice(db.sql)).toEqual(['right', 'right']);
  });

  test('7: where nobody listens each statement is refused, and no place in the pool is lost', async () => {
    const url = proxy.through(fresh.superUrl);
    await proxy.close();
    db = Database.open({ url, poolSize: 3 });
    for (let i = 0; i < 5; i += 1) expect(await echo(db.sql, 'R')).toBe('refused');
    expect(await Promise.all(Array.from({ length: 6 }, () => echo(db.sql, 'R')))).toEqual(Array(6).fill('refused'));
  });
});

describe('silence', () => {
  const SHORT = { statementMs: 300, graceMs: 100, connectedMs: 300, turnMs: 200 };

  test('a statement without a reply is given up shortly after the server would have ended it', async () => {
    const sql = await open(2, SHORT);
    proxy.fault = 'swallow';
    const started = performance.now();
    expect(await echo(sql, 'A')).toBe('no_reply');
    expect(performance.now() - started).toBeGreaterThan(395);
    expect(performance.now() - started).toBeLessThan(4_000);
    // The other connection is not tried: it would cost another deadline.
    proxy.fault = 'none';
    expect(await twice(sql)).toEqual(['right', 'right']);
    expect(proxy.accepted).toBe(3);
  });

  test('a reply that came while this process stood still is read, however long that was', async () => {
    const sql = await open(1, SHORT);
    const reply = outcome(sql<object[]>`select pg_sleep(0.05)`);
    await new Promise((sent) => setTimeout(sent, 10));
    // As a pause of the machine, or of the process by a debugger.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 600);
    expect(await reply).toBe('done');
  });

  test('a server that gives no sign any more is told from one that takes its time, long before the deadline', async () => {
    const sql = await open(3, { silenceMs: 200, signMs: 2_000, statementMs: 60_000 });
    const slow = outcome(sql<object[]>`select pg_sleep(1)`);
    expect(await slow).toBe('done');
    const asked = proxy.accepted;
    expect(asked).toBeGreaterThan(3);
    proxy.fault = 'swallow';
    const started = performance.now();
    expect(await Promise.all([echo(sql, 'A'), echo(sql, 'B')])).toEqual(['no_reply', 'no_reply']);
    expect(performance.now() - started).toBeLessThan(5_000);
    // Those who were silent together asked together, or with the one before them.
    expect(proxy.accepted - asked).toBeLessThanOrEqual(1);
    proxy.fault = 'none';
    expect(await twice(sql)).toEqual(['right', 'right']);
  });

  test('the bounds keep an answer about a silent server within two seconds', () => {
    const { silenceMs, signMs, connectedMs, restMs } = DEFAULT_LIMITS;
    expect([silenceMs + signMs <= 1_500, connectedMs < 2_000]).toEqual([true, true]);
    // Connects that began in a black hole have given up their places within a second of its end.
    expect(connectedMs / 2 + restMs).toBeLessThanOrEqual(1_000);
  });

  test('connecting without a reply is given up, and whoever waits is told in time', async () => {
    proxy.fault = 'swallow';
    db = Database.open({ url: proxy.through(fresh.superUrl), poolSize: 1, limits: { ...SHORT, turnMs: 100 } });
    const started = performance.now();
    const outcomes = await Promise.all([echo(db.sql, 'A'), echo(db.sql, 'B')]);
    expect(outcomes).toEqual(['no_reply', 'waited_too_long']);
    expect(performance.now() - started).toBeLessThan(4_000);
  });

  test('an attempt to connect has half of the time, so that its place is free again soon after a black hole', async () => {
    proxy.fault = 'swallow';
    const limits = { connectedMs: 6_000, turnMs: 60_000, restMs: 10 };
    db = Database.open({ url: proxy.through(fresh.superUrl), poolSize: 1, limits });
    const [first, second] = [echo(db.sql, 'A'), echo(db.sql, 'B')];
    expect(await first).toBe('no_reply');
    proxy.fault = 'none';
    // With all of the time for the first attempt, the second would have none left.
    expect(await second).toBe('right');
  }, 30_000);

  test('a write whose reply is lost is reported as lost, not as refused', async () => {
    const sql = await open(1, SHORT);
    proxy.fault = 'swallow-replies';
    // The statement is prepared first, and that reply is lost already: so nothing was written.
    expect(await outcome(sql<never[]>`insert into mark (k) values (1)`)).toBe('no_reply');
    proxy.fault = 'none';
    proxy.cutAtReply('INSERT 0 1');
    expect(await outcome(sql<never[]>`insert into mark (k) values (2)`)).toBe('connection_lost');
    expect(await kept(2)).toBe(true);
  });

  test('a commit whose reply is lost rejects: whether it was done is not known', async () => {
    await open(1, SHORT);
    proxy.cutAtReply('COMMIT');
    const lost = db.transaction((inside) => inside.sql<never[]>`insert into mark (k) values (4)`);
    expect(await outcome(lost)).toBe('connection_lost');
    expect(await kept(4)).toBe(true);
    expect(await twice(db.sql)).toEqual(['right', 'right']);
  });
});

describe('outage', () => {
  test('statements are answered within seconds of the return of the database', async () => {
    const sql = await open(4);
    proxy.fault = 'refuse';
    proxy.cut();
    await pause(0);
    for (let i = 0; i < 5; i += 1) expect(await echo(sql, 'A')).toBe('connection_lost');
    proxy.fault = 'none';
    const returned = performance.now();
    expect(await Promise.all(Array.from({ length: 8 }, () => echo(sql, 'B')))).toEqual(Array(8).fill('right'));
    expect(performance.now() - returned).toBeLessThan(4_000);
  });

  test('idle connections that were lost are replaced before anybody is refused', async () => {
    const sql = await open(2);
    proxy.cut();
    await eventually(async () => {
      const left = await fresh.owner<object[]>`
        select pid from pg_stat_activity where datname = current_database() and query = 'select pg_sleep(0.02)'`;
      return left.length === 0 ? true : undefined;
    });
    expect(await Promise.all([echo(sql, 'A'), echo(sql, 'B')])).toEqual(['right', 'right']);
  });

  test('a server that only reads, after a fail-over, is left for another connection', async () => {
    const sql = await open(1);
    expect(await outcome(sql<never[]>`do $$ begin set transaction read only; delete from mark; end $$`)).toBe(
      'read_only',
    );
    expect(await twice(sql)).toEqual(['right', 'right']);
    expect(proxy.accepted).toBe(2);
  });

  test('connections that the server ends are replaced, idle or not', async () => {
    const sql = await open(3);
    const flooded = outcome(flood(sql));
    await inTheMiddle();
    await fresh.owner<object[]>`
      select pg_terminate_backend(pid) from pg_stat_activity
       where datname = current_database() and application_name = 'troth' and pid <> pg_backend_pid()`;
    expect(await flooded).toBe('connection_lost');
    const answered = await eventually(async () => ((await echo(sql, 'A')) === 'right' ? true : undefined), 1);
    expect(answered).toBe(true);
    expect(await twice(sql)).toEqual(['right', 'right']);
  });
});

test('a result with fewer rows than PostgreSQL counted is refused, and the connection is not used again', async () => {
  const sql = await open(1);
  proxy.forgeReply('SELECT 1', 'SELECT 2');
  expect(await echo(sql, 'A')).toBe('incomplete_reply');
  expect(await twice(sql)).toEqual(['right', 'right']);
  expect(proxy.accepted).toBe(2);
});

test('a result that the driver cannot read is refused, and the connection is not used again', async () => {
  const sql = await open(1);
  expect(await outcome(sql<object[]>`select '{{a},{b}}'::text[] as words from generate_series(1, 3)`)).toBe(
    'driver_fault',
  );
  expect(await twice(sql)).toEqual(['right', 'right']);
  expect(proxy.accepted).toBe(2);
});

test('a thousand statements over two connections are all right, and use no third', async () => {
  const sql = await open(2);
  const outcomes = await Promise.all(Array.from({ length: 1_000 }, (_, i) => echo(sql, `word ${i}`)));
  expect(outcomes.filter((word) => word !== 'right')).toEqual([]);
  expect(proxy.accepted).toBe(2);
});
