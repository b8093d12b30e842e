import { AuditTrail, ringOf } from '#testing/audit-trail';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

import { AuditCheckAborted } from './verify.ts';

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

/** Three batches of four events. */
async function threeBatches(): Promise<void> {
  for (let batch = 0; batch < 3; batch++) {
    await trail.writeAtOnce(3);
    await trail.writeAtOnce(1);
    expect(await trail.seal()).toEqual([4]);
  }
}

const faultAfter = async (...statements: readonly string[]) => {
  await trail.tamper(...statements);
  const { valid, fault } = await trail.verify();
  return { valid, ...fault };
};

/** The nth event in order, from 1 on. */
const nth = (n: number): string => `(select id from audit_event order by transaction_id, id offset ${n - 1} limit 1)`;

test('without events there is a chain without batches, and it is valid', async () => {
  expect(await trail.verify()).toEqual({
    valid: true,
    verifiedFrom: 1,
    batches: 0,
    events: 0,
    head: null,
    checkpoint: null,
    unsealed: 0,
    fault: null,
    verifiedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
  });
});

test('what was written and sealed verifies, and the tail is counted', async () => {
  await threeBatches();
  await trail.write(2);
  expect(await trail.verify()).toMatchObject({
    valid: true,
    batches: 3,
    events: 12,
    head: { count: 12, hash: expect.stringMatching(/^[0-9a-f]{64}$/), sealedAt: expect.stringMatching(/Z$/) },
    unsealed: 2,
  });
});

test('every column of an event is sealed', async () => {
  const columns = await db.owner<{ name: string; type: string }[]>`
    select attname::text as name, format_type(atttypid, atttypmod) as type from pg_attribute
     where attrelid = 'audit_event'::regclass and attnum > 0 and not attisdropped`;
  const others: Readonly<Record<string, string>> = {
    uuid: 'gen_random_uuid()',
    xid8: "'2'",
    'timestamp with time zone': "clock_timestamp() - interval '1 minute'",
    text: "'x'",
    bytea: String.raw`'\x01'`,
  };
  await trail.tamper('alter table audit_event drop constraint audit_event_is_known');
  await threeBatches();
  const found = new Set<string>();
  for (const { name, type } of columns) {
    for (const [value, n] of [others[type], 'null'].flatMap((value) => [1, 2, 3].map((n) => [value, n] as const))) {
      if (value === 'null' && ['id', 'transaction_id', 'occurred_at', 'event'].includes(name)) continue;
      await trail.tamper('create table kept as select * from audit_event');
      const { batch } = await faultAfter(`update audit_event set ${name} = ${value} where id = ${nth(n)}`);
      const [changed] = await db.owner<{ is: boolean }[]>`
        select exists (select from (table audit_event except table kept) as changed) as is`;
      expect([name, value, batch]).toEqual([name, value, changed?.is ? 1 : undefined]);
      if (batch === 1) found.add(`${name} = ${value}`);
      await trail.tamper('delete from audit_event', 'insert into audit_event select * from kept', 'drop table kept');
    }
  }
  const [required, optional] = [4, 4];
  expect([columns.length, found.size]).toEqual([required + optional, required + 2 * optional]);
  expect((await trail.verify()).valid).toBe(true);
});

test.each([
  ['an event is removed', `delete from audit_event where id = ${nth(6)}`, 2, 'events_missing'],
  ['the last event is removed', `delete from audit_event where id = ${nth(12)}`, 3, 'events_missing'],
  [
    'an event is added',
    `insert into audit_event (transaction_id, event) select transaction_id, event from audit_event where id = ${nth(6)}`,
    2,
    'events_added',
  ],
  [
    'an event is put before all others',
    `insert into audit_event (transaction_id, event) values ('1', 'session.created')`,
    1,
    'events_added',
  ],
  [
    'an event is moved into the batch before',
    `update audit_event set transaction_id = (select transaction_id from audit_event where id = ${nth(4)}), id = '00000000-0000-0000-0000-000000000001' where id = ${nth(6)}`,
    1,
    'events_added',
  ],
  ['a batch is removed', 'delete from audit_batch where number = 2', 2, 'batch_missing'],
  ['the first batch is removed', 'delete from audit_batch where number = 1', 1, 'batch_missing'],
  [
    'a batch is edited',
    `update audit_batch set sealed_at = sealed_at + interval '1 second' where number = 2`,
    2,
    'batch_changed',
  ],
  ['a batch counts less', 'update audit_batch set events = events - 1 where number = 2', 2, 'batch_changed'],
  [
    'a batch is edited and its hash is made to fit',
    `update audit_batch set hash = sha256('x') where number = 2`,
    2,
    'batch_changed',
  ],
  ['a MAC is another one', `update audit_batch set mac = sha256('x') where number = 2`, 2, 'batch_changed'],
  ['a key is another one', `update audit_batch set key_id = 'ffffffff' where number = 2`, 2, 'unknown_key'],
  [
    'two batches change places',
    'update audit_batch set number = 9 where number = 2; update audit_batch set number = 2 where number = 3; update audit_batch set number = 3 where number = 9',
    2,
    'batch_changed',
  ],
  [
    'a checkpoint is made up',
    `insert into audit_checkpoint (number, last_transaction, last_id, events_so_far, hash, key_id, mac)
       select number, last_transaction, last_id, events_so_far, hash, key_id, mac from audit_batch where number = 2`,
    2,
    'checkpoint_changed',
  ],
])('it is found when %s', async (_what, statement, batch, kind) => {
  await threeBatches();
  expect(await faultAfter(statement)).toEqual({ valid: false, batch, kind });
});

test('whoever rewrites events, hashes and the chain behind them lacks the key', async () => {
  await threeBatches();
  const forger = AuditTrail.of(db);
  forger.keys = ringOf('of somebody else');
  await trail.tamper(
    `update audit_event set event = 'session.revoked' where id = ${nth(6)}`,
    'delete from audit_batch where number > 1',
  );
  await forger.seal();
  await forger.close();
  expect((await trail.verify()).fault).toEqual({ batch: 2, kind: 'unknown_key' });
});

test('after an erasure it is as valid as before, and nothing of the subject can be read', async () => {
  const wrapped = trail.keys.wrapNewSubjectKey();
  const details = trail.keys.sealAuditDetails(wrapped, { email: 'ada@example.com' }) ?? null;
  await db.owner`
    with subject as (insert into audit_subject (wrapped_key) values (${wrapped}::bytea) returning id)
    insert into audit_event (event, subject_id, sealed_details) select 'session.created', id, ${details}::bytea from subject`;
  await trail.seal();
  const before = await trail.verify();
  await db.owner`delete from audit_subject`;
  expect(await trail.verify()).toEqual({ ...before, verifiedAt: expect.any(String) });
  expect(before.valid).toBe(true);
});

describe('a chain that was cut', () => {
  const cut = ['delete from audit_batch where number = 3', `delete from audit_event where id >= ${nth(9)}`];

  test('looks whole by itself; the head that the log told of shows it', async () => {
    await threeBatches();
    const { head } = await trail.verify();
    const noted = { head: head! };
    expect((await trail.verify(noted)).valid).toBe(true);
    await trail.tamper(...cut);
    expect((await trail.verify()).valid).toBe(true);
    expect((await trail.verify(noted)).fault).toEqual({ batch: 2, kind: 'head_missing' });
  });

  test('and was sealed anew has another hash at that count', async () => {
    await threeBatches();
    const noted = { head: (await trail.verify()).head! };
    await trail.tamper(...cut);
    await trail.write(4);
    await trail.seal();
    expect(await trail.verify()).toMatchObject({ valid: true, head: { count: 12 } });
    expect((await trail.verify(noted)).fault).toEqual({ batch: 3, kind: 'head_missing' });
  });

  test('a head of an earlier time is found on the way', async () => {
    await threeBatches();
    const { head } = await trail.verify();
    await trail.write(1);
    await trail.seal();
    expect((await trail.verify({ head: head! })).valid).toBe(true);
    expect((await trail.verify({ head: { count: 12, hash: 'f'.repeat(64) } })).fault?.kind).toBe('head_missing');
  });
});

test('the newest part is verified alone, from a batch whose MAC is right', async () => {
  await threeBatches();
  expect(await trail.verify({ behind: 1 })).toMatchObject({ valid: true, verifiedFrom: 2, batches: 2, events: 8 });
  expect(await trail.verify({ behind: 3 })).toMatchObject({
    valid: true,
    verifiedFrom: 4,
    batches: 0,
    head: { count: 12 },
  });
  await trail.tamper(`delete from audit_event where id = ${nth(2)}`);
  expect((await trail.verify({ behind: 1 })).valid).toBe(true);
  await trail.tamper('update audit_batch set events_so_far = 5 where number = 1');
  expect((await trail.verify({ behind: 1 })).fault).toEqual({ batch: 1, kind: 'batch_changed' });
  await trail.tamper('delete from audit_batch where number = 1');
  expect((await trail.verify({ behind: 1 })).fault).toEqual({ batch: 1, kind: 'batch_missing' });
});

test('it goes page by page, and ends when it is told to', async () => {
  for (let batch = 0; batch < 203; batch++) {
    await trail.writeAtOnce(1);
    await trail.seal();
  }
  expect(await trail.verify()).toMatchObject({ valid: true, batches: 203, events: 203 });
  let asked = 0;
  await expect(trail.verify({ isOver: () => ++asked > 2 })).rejects.toThrow(AuditCheckAborted);
});
