import postgres from 'postgres';

import { Database, type Sql } from '#data/database';
import { AuditTrail, ringOf } from '#testing/audit-trail';
import { eventually } from '#testing/eventually';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

import { CHAIN_START, linkOf } from './chain.ts';
import { newestLink, sealNextBatch } from './seal.ts';

let db: TestDatabase;
let trail: AuditTrail;
let slow: postgres.Sql;
beforeEach(async () => {
  db = await freshDatabase();
  trail = AuditTrail.of(db);
  slow = postgres(db.appUrl, { max: 1, onnotice: () => undefined });
});
afterEach(async () => {
  await Promise.all([trail.close(), slow.end()]);
  await db.drop();
});

const writes = (sql: Sql | postgres.Sql) =>
  (sql as Sql)`select write_audit('session.created', null, null, null)::text as done`;
const place = async (): Promise<readonly string[]> => {
  const rows = await db.owner<{ id: string }[]>`select id from audit_event order by transaction_id, id`;
  return rows.map(({ id }) => id);
};

test('each batch holds the hash of the one before and counts on', async () => {
  await trail.write(2);
  await trail.seal();
  await trail.write(3);
  const { batch } = await sealNextBatch(trail.database, trail.keys, 0);
  expect(batch).toMatchObject({ number: 2, events: 3, eventsSoFar: 5 });
  const [first] = await db.owner<{ hash: Buffer }[]>`select hash from audit_batch where number = 1`;
  expect(batch?.previousHash).toEqual(first?.hash);
  expect(await newestLink(db.sql)).toEqual(linkOf(batch!));
  expect(await sealNextBatch(trail.database, trail.keys, 0)).toEqual({ kind: 'nothing' });
});

test('nothing was written: there is nothing to seal', async () => {
  expect(await trail.seal()).toEqual([]);
  expect(await newestLink(db.sql)).toEqual(CHAIN_START);
});

test('a batch holds a thousand events at most, of one transaction too', async () => {
  await trail.writeAtOnce(2_001);
  expect(await trail.seal()).toEqual([1_000, 1_000, 1]);
  expect((await trail.verify()).valid).toBe(true);
});

test('a batch that is not full waits until its first event is old enough, whichever way the clock went', async () => {
  await trail.write(1);
  expect((await sealNextBatch(trail.database, trail.keys, 60)).kind).toBe('nothing');
  await trail.tamper(`update audit_event set occurred_at = occurred_at - interval '61 seconds'`);
  expect((await sealNextBatch(trail.database, trail.keys, 60)).kind).toBe('sealed');
  await trail.write(1, -61);
  expect((await sealNextBatch(trail.database, trail.keys, 60)).kind).toBe('sealed');
  await trail.writeAtOnce(1_000);
  expect((await sealNextBatch(trail.database, trail.keys, 60)).kind).toBe('sealed');
});

test('a batch spans no more than an hour', async () => {
  for (const minutes of [100, 80, 75, 71, 69, 130, 20, 0]) await trail.write(1, minutes * 60);
  expect(await trail.seal()).toEqual([4, 1, 1, 2]);
  const spans = await db.owner<{ minutes: number }[]>`
    select extract(epoch from max(occurred_at) - min(occurred_at))::float8 / 60 as minutes
      from audit_batch join audit_event on (transaction_id, id) >= (first_transaction, first_id)
                                       and (transaction_id, id) <= (last_transaction, last_id)
     group by number`;
  expect(Math.max(...spans.map(({ minutes }) => minutes))).toBeLessThanOrEqual(60);
  expect((await trail.verify()).valid).toBe(true);
});

describe('an open transaction', () => {
  test('holds up neither those who write nor the sealing of what came before, and none of its events is left out', async () => {
    await trail.write(2);
    let commit: () => void = () => undefined;
    const late = slow.begin(async (turn) => {
      await writes(turn as never);
      await new Promise<void>((resolve) => (commit = resolve));
      await writes(turn as never);
    });
    await eventually(async () => ((await openTransactions()) === 1 ? true : undefined));
    for (let event = 0; event < 3; event++) await writes(db.sql);
    // Its transaction is older than the three, so they wait for it; the two before do not.
    expect(await trail.seal()).toEqual([2]);
    expect(await trail.verify()).toMatchObject({ valid: true, events: 2, unsealed: 3 });
    commit();
    await late;
    await trail.settled();
    expect(await trail.seal()).toEqual([5]);
    expect(await trail.verify()).toMatchObject({ valid: true, events: 7, unsealed: 0 });
    expect(await place()).toHaveLength(7);
  });

  test('that is rolled back leaves nothing to wait for', async () => {
    let fail: (error: Error) => void = () => undefined;
    const late = slow.begin(async (turn) => {
      await writes(turn as never);
      await new Promise<void>((_, reject) => (fail = reject));
    });
    await eventually(async () => ((await openTransactions()) === 1 ? true : undefined));
    await writes(db.sql);
    expect(await trail.seal()).toEqual([]);
    fail(new Error('rolled back'));
    await expect(late).rejects.toThrow('rolled back');
    await trail.settled();
    expect(await trail.seal()).toEqual([1]);
  });

  const openTransactions = async (): Promise<number> => {
    const rows = await db.owner<object[]>`
      select pid from pg_stat_activity
       where datname = current_database() and state = 'idle in transaction' and backend_xid is not null`;
    return rows.length;
  };
});

test('while replicas seal at once and others write, every event is sealed once and in order', async () => {
  const replicas = [AuditTrail.of(db), AuditTrail.of(db), AuditTrail.of(db)];
  let isOver = false;
  const writing = Promise.all(
    Array.from({ length: 4 }, async () => {
      for (let event = 0; event < 100; event++) await writes(db.sql);
    }),
  ).finally(() => (isOver = true));
  const kinds = new Set<string>();
  await Promise.all(
    replicas.map(async ({ database, keys }) => {
      while (!isOver) kinds.add((await sealNextBatch(database, keys, 0)).kind);
    }),
  );
  await writing;
  await trail.settled();
  await trail.seal();
  await Promise.all(replicas.map((replica) => replica.close()));
  expect(kinds).toContain('sealed');
  expect(await trail.verify()).toMatchObject({ valid: true, events: 400, unsealed: 0 });
});

test('one replica seals at a time: another one is told that it is busy, and waits for nothing', async () => {
  await trail.write(1);
  await db.owner`select 1 as one`;
  await slow.begin(async (turn) => {
    await turn`select pg_advisory_xact_lock(hashtextextended('troth audit chain', 0))`;
    expect(await sealNextBatch(trail.database, trail.keys, 0)).toEqual({ kind: 'busy' });
  });
  expect(await trail.seal()).toEqual([1]);
});

test('a sealer that ends before its commit leaves nothing behind, and the next one seals the same events', async () => {
  await trail.write(3);
  const broken = Database.open({ url: db.appUrl, poolSize: 1 });
  await db.owner`alter table audit_batch add constraint no_room check (number > 1) not valid`;
  await expect(sealNextBatch(broken, trail.keys, 0)).rejects.toMatchObject({ constraint: 'no_room' });
  await db.owner`alter table audit_batch drop constraint no_room`;
  await broken.close();
  expect(await trail.seal()).toEqual([3]);
  expect((await trail.verify()).valid).toBe(true);
});

test('after the secret was changed the chain goes on, and verifies with both', async () => {
  await trail.write(1);
  await trail.seal();
  trail.keys = ringOf('the next secret', 'of this test');
  await trail.write(1);
  await trail.seal();
  expect(await trail.verify()).toMatchObject({ valid: true, batches: 2 });
  trail.keys = ringOf('the next secret');
  expect((await trail.verify()).fault).toEqual({ batch: 1, kind: 'unknown_key' });
});

describe('a database that was restored on a server which has counted fewer transactions', () => {
  const RESTORED_AHEAD = 1_000_000_000;
  const moves = async (): Promise<boolean> => {
    const [row] = await db.sql<{ moved: boolean }[]>`select continue_audit_numbering() as moved`;
    return row?.moved ?? false;
  };
  const offset = (to: number): Promise<unknown> =>
    to > 0 ? trail.tamper(`select setval('audit_offset', ${to})`) : trail.tamper('alter sequence audit_offset restart');

  test('goes on with its chain, and what was not sealed before is sealed then', async () => {
    expect(await moves()).toBe(false);
    await offset(RESTORED_AHEAD);
    await trail.write(2);
    await trail.seal();
    await trail.write(1);
    await offset(0);
    expect(await moves()).toBe(true);
    expect(await moves()).toBe(false);
    await trail.write(2);
    expect(await trail.seal()).toEqual([3]);
    expect(await trail.verify()).toMatchObject({ valid: true, batches: 2, events: 5, unsealed: 0 });
  });

  test('and whose events are all gone goes on behind its batches', async () => {
    await offset(RESTORED_AHEAD);
    await trail.write(2);
    await trail.seal();
    await trail.tamper('delete from audit_event');
    await offset(0);
    expect(await moves()).toBe(true);
    await trail.write(1);
    expect(await trail.seal()).toEqual([1]);
    expect((await newestLink(db.sql)).eventsSoFar).toBe(3);
  });
});

test('the service’s role writes what happened; when and in which order is not its to say', async () => {
  const denied = { sqlState: '42501' };
  await expect(
    db.sql`insert into audit_event (event, occurred_at) values ('session.created', clock_timestamp())`,
  ).rejects.toMatchObject(denied);
  await expect(
    db.sql`insert into audit_event (event, transaction_id) values ('session.created', '1')`,
  ).rejects.toMatchObject(denied);
  await expect(db.sql`select setval('audit_offset', 9)`).rejects.toMatchObject(denied);
  await expect(db.sql`delete from audit_batch`).rejects.toMatchObject(denied);
  await expect(db.sql`update audit_batch set hash = mac`).rejects.toMatchObject(denied);
  await expect(db.sql`insert into audit_checkpoint (number) values (1)`).rejects.toMatchObject(denied);
  await writes(db.sql);
});
