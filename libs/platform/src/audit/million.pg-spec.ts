import { AuditTrail } from '#testing/audit-trail';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

const EVENTS = 1_000_000;
jest.setTimeout(600_000);

let db: TestDatabase;
let trail: AuditTrail;
beforeAll(async () => {
  db = await freshDatabase();
  trail = AuditTrail.of(db);
});
afterAll(async () => {
  await trail.close();
  await db.drop();
});

async function timed<Result>(what: string, work: () => Promise<Result>): Promise<Result> {
  const began = performance.now();
  const result = await work();
  process.stdout.write(`A million audit events ${what} in ${((performance.now() - began) / 1000).toFixed(1)} s.\n`);
  return result;
}

/** An event of a batch: the one in its middle. */
const middleOf = (batch: number): string =>
  `(select id from audit_event
     where (transaction_id, id) >= (select first_transaction, first_id from audit_batch where number = ${batch})
     order by transaction_id, id offset 500 limit 1)`;

const KEPT = 'id, transaction_id, occurred_at, event, subject_id, actor_id, request_id, sealed_details';

test('among a million events, one that was edited, removed, added or moved is found, and its batch is named', async () => {
  await timed('were written', () =>
    trail.tamper(`
      insert into audit_event (event, subject_id, request_id, sealed_details)
      select 'session.created', md5('s' || n % 1000)::uuid, 'request-' || n, decode(md5('d' || n), 'hex')
        from generate_series(1, ${EVENTS}) as n`),
  );
  await trail.settled();
  expect(await timed('were sealed', () => trail.seal())).toEqual(new Array(EVENTS / 1_000).fill(1_000));
  const whole = { valid: true, batches: 1_000, events: EVENTS, unsealed: 0, fault: null };
  expect(await timed('were verified', () => trail.verify())).toMatchObject(whole);

  await trail.tamper(
    `create table aside as select ${KEPT} from audit_event where id = ${middleOf(100)}`,
    'delete from audit_event where id = (select id from aside)',
  );
  expect((await trail.verify()).fault).toEqual({ batch: 100, kind: 'events_missing' });
  await trail.tamper(`insert into audit_event (${KEPT}) select ${KEPT} from aside`);

  await trail.tamper(
    `insert into audit_event (transaction_id, event) select transaction_id, event from audit_event where id = ${middleOf(200)}`,
  );
  // Its id is the newest of its transaction, so that it lies behind all that are sealed: it belongs to no batch yet.
  expect(await trail.verify()).toMatchObject({ valid: true, unsealed: 1 });
  await trail.tamper(`update audit_event set id = uuid_in('${'0'.repeat(32)}') where id = (select id from audit_event
    order by transaction_id desc, id desc limit 1)`);
  expect((await trail.verify()).fault).toEqual({ batch: 1, kind: 'events_added' });
  await trail.tamper(`delete from audit_event where id = uuid_in('${'0'.repeat(32)}')`);

  await trail.tamper(
    `create table pair as select id, lead(id) over (order by transaction_id, id) as other from audit_event
      where id >= ${middleOf(300)} order by transaction_id, id limit 1`,
    `update audit_event set id = '${'f'.repeat(32)}' where id = (select id from pair)`,
    'update audit_event set id = (select id from pair) where id = (select other from pair)',
    `update audit_event set id = (select other from pair) where id = '${'f'.repeat(32)}'`,
  );
  expect((await trail.verify()).fault).toEqual({ batch: 300, kind: 'events_changed' });
  await trail.tamper(
    `update audit_event set id = '${'f'.repeat(32)}' where id = (select id from pair)`,
    'update audit_event set id = (select id from pair) where id = (select other from pair)',
    `update audit_event set id = (select other from pair) where id = '${'f'.repeat(32)}'`,
  );

  await trail.tamper(
    `update audit_event set occurred_at = occurred_at + interval '1 microsecond' where id = ${middleOf(990)}`,
  );
  expect((await trail.verify()).fault).toEqual({ batch: 990, kind: 'events_changed' });
});
