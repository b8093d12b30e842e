import { dropAuditBatch } from '#data/audit-batch';
import { Database, type Sql, type SqlValue } from '#data/database';
import { AUDIT_BATCH_SPAN, AUDIT_RETENTION } from '#domain/audit-retention';
import { AuditTrail, ringOf } from '#testing/audit-trail';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

import { dropOldestBatch } from './drop.ts';
import { renewAuditMacs } from './renew-macs.ts';
import { verifyAuditChain } from './verify.ts';

const HOUR = 3_600;
const YEAR = 366 * 24 * HOUR;

let db: TestDatabase;
let trail: AuditTrail;
beforeEach(async () => {
  db = await freshDatabase();
  trail = AuditTrail.of(db);
});
afterEach(async () => {
  await trail.close();
  await db.drop();
});

const drop = () => dropOldestBatch(db.sql, trail.keys);
const counts = async () => {
  const [row] = await db.owner<{ events: number; batches: number }[]>`
    select (select count(*) from audit_event)::int as events, (select count(*) from audit_batch)::int as batches`;
  return row;
};

/** Two batches of three and two events that are past their time, and one of four that is not. */
async function threeBatches(): Promise<void> {
  for (const [events, age] of [
    [3, YEAR + 2 * HOUR],
    [2, YEAR],
    [4, YEAR / 2],
  ] as const) {
    await trail.write(events, age);
    await trail.seal();
  }
}

test('batches that are past their time go with their events, and the chain verifies from the checkpoint on', async () => {
  await threeBatches();
  expect(await drop()).toEqual({ kind: 'dropped', batch: 1, events: 3 });
  const { head, ...rest } = await trail.verify();
  expect(rest).toMatchObject({
    valid: true,
    verifiedFrom: 2,
    batches: 2,
    events: 6,
    checkpoint: { batch: 1, count: 3, hash: expect.stringMatching(/^[0-9a-f]{64}$/) },
  });
  expect(head?.count).toBe(9);
  expect(await drop()).toEqual({ kind: 'dropped', batch: 2, events: 2 });
  expect(await drop()).toEqual({ kind: 'nothing' });
  expect(await counts()).toEqual({ events: 4, batches: 1 });
  expect(await trail.verify({ head: head! })).toMatchObject({ valid: true, verifiedFrom: 3, checkpoint: { count: 5 } });
});

test('when all is dropped the chain goes on where it was', async () => {
  await trail.write(2, YEAR);
  await trail.seal();
  await drop();
  expect(await trail.verify()).toMatchObject({ valid: true, batches: 0, head: { count: 2, sealedAt: null } });
  await trail.write(1);
  await trail.seal();
  expect(await trail.verify()).toMatchObject({ valid: true, batches: 1, head: { count: 3 }, verifiedFrom: 2 });
});

test('no event is kept longer than the retention, and none goes more than the span of a batch before', async () => {
  const [ages] = await db.owner<{ retention: string; kept: boolean; gone: boolean }[]>`
    select audit_drops_before() between clock_timestamp() - ${AUDIT_RETENTION}::text::interval
             + ${AUDIT_BATCH_SPAN}::text::interval - interval '1 minute' and clock_timestamp() - ${AUDIT_RETENTION}::text::interval
             + ${AUDIT_BATCH_SPAN}::text::interval as kept`;
  expect(ages?.kept).toBe(true);
  for (const [minutes, kind] of [
    [61, 'nothing'],
    [59, 'dropped'],
  ] as const) {
    await trail.tamper(`insert into audit_event (event, occurred_at)
      values ('session.created', clock_timestamp() - interval '1 year' + interval '${minutes} minutes')`);
    await trail.settled();
    await trail.seal();
    expect((await drop()).kind).toBe(kind);
    await trail.tamper(
      `update audit_event set occurred_at = occurred_at - interval '1 hour'`,
      'delete from audit_batch',
      'delete from audit_event',
    );
  }
});

test('a batch whose MAC is not right stays', async () => {
  await threeBatches();
  await trail.tamper('update audit_batch set events_so_far = 4 where number = 1');
  expect(await drop()).toEqual({ kind: 'refused', batch: 1 });
  expect(await counts()).toEqual({ events: 9, batches: 3 });
});

test('while another replica works on the chain nothing is dropped', async () => {
  await threeBatches();
  await trail.database.transaction(async ({ sql }) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('troth audit chain', 0))::text as held`;
    expect(await drop()).toEqual({ kind: 'busy' });
  });
  expect((await drop()).kind).toBe('dropped');
});

test('two replicas that drop at once drop each batch once', async () => {
  await threeBatches();
  const drops = await Promise.all([drop(), drop(), drop(), drop()]);
  const dropped = drops.filter(({ kind }) => kind === 'dropped').map(({ batch }) => batch);
  expect(new Set(dropped).size).toBe(dropped.length);
  while ((await drop()).kind === 'dropped');
  expect(await trail.verify()).toMatchObject({ valid: true, verifiedFrom: 3 });
});

test('a drop that fails half-way leaves all as it was', async () => {
  await threeBatches();
  await db.owner`
    create function fail_for_the_test() returns trigger language plpgsql as 'begin raise exception ''half-way''; end'`;
  await db.owner`create trigger fails after delete on audit_batch for each row execute function fail_for_the_test()`;
  await expect(drop()).rejects.toThrow();
  expect(await trail.verify()).toMatchObject({ valid: true, batches: 3, events: 9, checkpoint: null });
});

test('events that are put behind the checkpoint are found', async () => {
  await threeBatches();
  await drop();
  await trail.tamper(`insert into audit_event (transaction_id, event) values ('1', 'session.created')`);
  expect((await trail.verify()).fault).toEqual({ batch: 1, kind: 'events_before_checkpoint' });
});

test('a verification that retention overtakes begins anew where the chain starts then', async () => {
  await threeBatches();
  let statements = 0;
  const overtaken = async (text: TemplateStringsArray, ...values: readonly SqlValue[]) => {
    // Between the list of batches and the look at their events.
    if (++statements === 3) expect((await drop()).kind).toBe('dropped');
    return db.sql(text, ...values);
  };
  const verdict = await verifyAuditChain(overtaken as Sql, trail.keys);
  expect(verdict).toMatchObject({ valid: true, verifiedFrom: 2, batches: 2, checkpoint: { batch: 1 } });
});

test('a checkpoint that was moved on or edited is found', async () => {
  await threeBatches();
  await drop();
  for (const change of [
    'number = 2',
    'events_so_far = 4',
    "hash = sha256('x')",
    "key_id = 'ffffffff'",
    "mac = sha256('x')",
  ]) {
    await trail.tamper('create table kept as select * from audit_checkpoint', `update audit_checkpoint set ${change}`);
    expect((await trail.verify()).fault?.kind).toBe('checkpoint_changed');
    await trail.tamper(
      'delete from audit_checkpoint',
      'insert into audit_checkpoint select * from kept',
      'drop table kept',
    );
  }
  await trail.tamper('delete from audit_checkpoint');
  expect((await trail.verify()).fault).toEqual({ batch: 1, kind: 'batch_missing' });
});

describe('nobody drops anything in another way, not even the owner of the schema', () => {
  const REFUSED = /append-only|retention alone|constraint/;
  const asOwner = async (statement: string): Promise<void> => {
    const owner = Database.open({ url: db.ownerUrl, poolSize: 1 });
    try {
      await owner.transaction((turn) => turn.script(statement));
    } finally {
      await owner.close();
    }
  };

  test.each([
    ['events', 'delete from audit_event'],
    ['an old event', `delete from audit_event where occurred_at < clock_timestamp() - interval '1 year'`],
    [
      'an event behind the checkpoint that is not old',
      `insert into audit_event (transaction_id, event) values ('1', 'session.created'); delete from audit_event where transaction_id = '1'`,
    ],
    ['all events', 'truncate audit_event'],
    ['a batch', 'delete from audit_batch where number = 2'],
    ['all batches', 'truncate audit_batch'],
    ['the content of a batch', 'update audit_batch set events_so_far = 1'],
    ['the content of events', `update audit_event set event = 'session.revoked'`],
    ['the checkpoint', 'delete from audit_checkpoint'],
    ['all checkpoints', 'truncate audit_checkpoint'],
    ['batches by moving the checkpoint too far', 'update audit_checkpoint set number = 3'],
    [
      'a young batch by moving the checkpoint on',
      `update audit_checkpoint set (number, last_transaction, last_id, events_so_far, hash)
         = (select number, last_transaction, last_id, events_so_far, hash from audit_batch where number = 3)`,
    ],
  ])('%s', async (_what, statement) => {
    await threeBatches();
    await drop();
    const before = await counts();
    await expect(asOwner(statement)).rejects.toThrow(REFUSED);
    expect(await counts()).toEqual(before);
  });

  test('a batch that is young, or not the oldest, by the function that drops', async () => {
    await threeBatches();
    const call = (number: number) =>
      dropAuditBatch(db.sql, number, trail.keys.auditMac('audit-checkpoint', Buffer.of()));
    expect([await call(0), await call(2), await call(3), await call(4)]).toEqual([null, null, null, null]);
    expect([await call(1), await call(2), await call(3)]).toEqual([3, 2, null]);
    expect(await counts()).toEqual({ events: 4, batches: 1 });
  });

  test('young events, by a batch that is made up', async () => {
    await trail.write(2);
    await db.sql`
      insert into audit_batch (number, first_transaction, first_id, last_transaction, last_id, events, events_so_far,
                               newest_at, previous_hash, events_hash, hash, sealed_at, key_id, mac)
      select 1, '1', id, '9999999999', id, 2, 2, clock_timestamp() - interval '2 years', hash, hash, hash,
             clock_timestamp(), 'k', hash
        from (select sha256('x') as hash, gen_random_uuid() as id) as made_up`;
    await expect(dropAuditBatch(db.sql, 1, { keyId: 'k', mac: Buffer.alloc(32) })).rejects.toThrow();
    expect(await counts()).toEqual({ events: 2, batches: 1 });
  });
});

describe('after the secret was changed', () => {
  beforeEach(async () => {
    await threeBatches();
    await drop();
    trail.keys = ringOf('the next secret', 'of this test');
  });

  test('MACs are made anew, and the former secret is not needed any more', async () => {
    expect(await renewAuditMacs(db.sql, trail.keys, [])).toEqual({ renewed: 2, broken: 0 });
    expect(await renewAuditMacs(db.sql, trail.keys, [])).toEqual({ renewed: 0, broken: 0 });
    trail.keys = ringOf('the next secret');
    expect(await trail.verify()).toMatchObject({ valid: true, verifiedFrom: 2, batches: 2 });
    expect((await drop()).kind).toBe('dropped');
    expect((await trail.verify()).valid).toBe(true);
  });

  test('what was changed before is not given a MAC that would prove it', async () => {
    await trail.tamper(
      'update audit_batch set events_so_far = 6 where number = 2',
      'update audit_checkpoint set events_so_far = 4',
    );
    expect(await renewAuditMacs(db.sql, trail.keys, [])).toEqual({ renewed: 1, broken: 2 });
    await trail.tamper('update audit_checkpoint set events_so_far = 3');
    expect((await trail.verify()).fault).toEqual({ batch: 2, kind: 'batch_changed' });
  });

  test('of a secret that is lost they are taken as they are', async () => {
    const { currentKeyId } = ringOf('of this test');
    trail.keys = ringOf('the next secret');
    expect(await renewAuditMacs(db.sql, trail.keys, [])).toEqual({ renewed: 0, broken: 3 });
    expect(await renewAuditMacs(db.sql, trail.keys, [currentKeyId])).toEqual({ renewed: 2, broken: 0 });
    expect((await trail.verify()).valid).toBe(true);
  });
});
