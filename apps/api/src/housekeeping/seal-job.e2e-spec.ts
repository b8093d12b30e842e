import { SchedulerRegistry } from '@nestjs/schedule';

import { Database } from '#data/database';
import { readConfig } from '#platform/config/config';
import { Closing } from '#platform/http/closing';
import { Log } from '#platform/logging/log';
import { Metrics } from '#platform/metrics/metrics';
import { AuditTrail } from '#testing/audit-trail';
import { TestClaimant } from '#testing/claimant';
import { eventually } from '#testing/eventually';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { startTestApp } from '#testing/test-app';

import { SealJob } from './seal-job.ts';
import { Timetable } from './timetable.ts';

const YEAR = 366 * 24 * 3_600;

let db: TestDatabase;
let trail: AuditTrail;
const databases: Database[] = [];
beforeEach(async () => {
  db = await freshDatabase();
  trail = AuditTrail.of(db);
});
afterEach(async () => {
  await Promise.all([...databases.splice(0).map((database) => database.close()), trail.close()]);
  await db.drop();
});

/** The job of a replica of its own, with what it logs and counts. */
function replica() {
  const database = Database.open({ url: db.appUrl, poolSize: 2, applicationName: 'a replica', limits: { lockMs: 0 } });
  databases.push(database);
  const lines: Record<string, unknown>[] = [];
  const write = (line: string): unknown => lines.push(JSON.parse(line) as Record<string, unknown>);
  const log = new Log('info', { write: (line: string) => void write(line) });
  const metrics = new Metrics();
  const config = readConfig({ DATABASE_URL: db.appUrl, TROTH_SECRET: 'of this test', PURGE_INTERVAL_SECONDS: '0' });
  const job = new SealJob(
    database,
    trail.keys,
    new Timetable(config, new SchedulerRegistry()),
    log,
    metrics,
    new Closing(log),
  );
  const metric = async (name: string): Promise<number> =>
    Number(new RegExp(`^troth_audit_${name} (\\S+)$`, 'm').exec(await metrics.registry.metrics())?.[1] ?? Number.NaN);
  return { job, lines, metric };
}

/** Lets whoever has come to add a batch wait until they are told to go on. */
async function suspend(): Promise<() => Promise<unknown>> {
  const holder = Database.open({ url: db.superUrl, poolSize: 1, limits: { lifetimeMs: 600_000 } });
  databases.push(holder);
  await db.owner`
    create function wait_for_the_test() returns trigger language plpgsql as
    'begin perform pg_advisory_xact_lock(7); return new; end'`;
  await db.owner`create trigger waits before insert on audit_batch for each row execute function wait_for_the_test()`;
  await holder.sql`select pg_advisory_lock(7)::text as held`;
  return () => holder.sql`select pg_advisory_unlock(7) as released`;
}

const waits = () =>
  eventually(async () => {
    const waiting = await db.owner`
      select from pg_stat_activity where application_name = 'a replica' and wait_event_type = 'Lock'`;
    return waiting.length > 0 ? true : undefined;
  });

test('a run seals what is old enough, drops what is past its time, and tells of the tail', async () => {
  await trail.write(2, YEAR);
  await trail.seal();
  await trail.write(3, 61);
  await trail.write(1, 30);
  const { job, lines, metric } = replica();
  await job.run();
  // The batch takes the young one with the old ones.
  expect([await metric('sealed_events_total'), await metric('dropped_events_total')]).toEqual([4, 2]);
  expect([await metric('unsealed_events'), await metric('unsealed_seconds')]).toEqual([0, 0]);
  await trail.write(2, 30);
  await job.run();
  expect([await metric('sealed_events_total'), await metric('unsealed_events')]).toEqual([4, 2]);
  expect(await metric('unsealed_seconds')).toBeGreaterThanOrEqual(30);
  const { head, valid } = await trail.verify();
  expect([valid, lines]).toEqual([
    true,
    [expect.objectContaining({ event: 'audit_sealed', auditHead: `6:${head?.hash ?? ''}` })],
  ]);
});

test('of many heads in a minute the first one is logged, and the last one when the process ends', async () => {
  const { job, lines } = replica();
  for (let run = 0; run < 3; run++) {
    await trail.write(1, 61);
    await job.run();
  }
  const heads = () => lines.map(({ auditHead }) => String(auditHead).split(':')[0]);
  expect(heads()).toEqual(['1']);
  await job.finish();
  await job.finish();
  expect(heads()).toEqual(['1', '3']);
});

test('a run that fails says so, and the next one does its work', async () => {
  await trail.write(1, 61);
  const { job, lines, metric } = replica();
  await db.owner`revoke insert on audit_batch from troth_app`;
  await job.run();
  expect(lines).toEqual([expect.objectContaining({ event: 'audit_seal_failed', reason: 'sqlstate_42501' })]);
  await db.owner`grant insert on audit_batch to troth_app`;
  await job.run();
  expect(await metric('sealed_events_total')).toBe(1);
});

test('a batch that it may not drop is told of once', async () => {
  await trail.write(1, YEAR);
  await trail.seal();
  await trail.tamper('update audit_batch set events_so_far = 9');
  const { job, lines } = replica();
  await job.run();
  await job.run();
  expect(lines).toEqual([expect.objectContaining({ level: 'error', event: 'audit_batch_not_dropped', batch: 1 })]);
});

test('two replicas: while one is at it the other one does nothing', async () => {
  await trail.write(1, 61);
  const [one, other] = [replica(), replica()];
  const goOn = await suspend();
  const run = one.job.run();
  await waits();
  await other.job.run();
  expect(await other.metric('unsealed_events')).toBe(1);
  await goOn();
  await run;
  expect([await one.metric('sealed_events_total'), await other.metric('sealed_events_total')]).toEqual([1, 0]);
});

test('a run is not doubled, and the end of the process waits for the batch at work and begins no other', async () => {
  await trail.writeAtOnce(2_500, 61);
  const { job, metric, lines } = replica();
  const goOn = await suspend();
  job.onApplicationBootstrap();
  await waits();
  const runs = [job.run(), job.run()];
  let ended = false;
  const shutdown = job.finish().then(() => (ended = true));
  expect([ended, runs[0] === runs[1]]).toEqual([false, true]);
  await goOn();
  await shutdown;
  expect(await metric('sealed_events_total')).toBe(1_000);
  expect(lines).toEqual([expect.objectContaining({ event: 'audit_sealed' })]);
  expect(await trail.verify()).toMatchObject({ valid: true, events: 1_000, unsealed: 1_500 });
});

test('in the service, what a claimant does is sealed by itself', async () => {
  const app = await startTestApp({ PURGE_INTERVAL_SECONDS: '1' }, db);
  try {
    await new TestClaimant(app, 'ada@example.com').becomeActive();
    await trail.tamper(`update audit_event set occurred_at = occurred_at - interval '61 seconds'`);
    await eventually(async () => {
      const [row] = await db.owner<{ sealed: number }[]>`select max(events_so_far)::int as sealed from audit_batch`;
      return row?.sealed === 2 ? true : undefined;
    });
  } finally {
    await app.stop();
  }
});

test('a service on a database that was restored lets the order of events go on before it writes any', async () => {
  await trail.tamper(`select setval('audit_offset', 1000000000)`);
  await trail.write(1, 61);
  await trail.seal();
  await trail.tamper('alter sequence audit_offset restart');
  const lines: string[] = [];
  const app = await startTestApp({ LOG_LEVEL: 'warn' }, db, { write: (line: string) => void lines.push(line) });
  try {
    expect(lines.join()).toContain('audit_numbering_continued');
    await db.sql`select write_audit('session.created', null, null, null)::text as done`;
    await trail.settled();
    expect(await trail.seal()).toEqual([1]);
    expect(await trail.verify()).toMatchObject({ valid: true, batches: 2, unsealed: 0 });
  } finally {
    await app.stop();
  }
});
