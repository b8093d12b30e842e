import { SchedulerRegistry } from '@nestjs/schedule';

import { Database } from '#data/database';
import { readConfig } from '#platform/config/config';
import { Closing } from '#platform/http/closing';
import { Log } from '#platform/logging/log';
import { Metrics } from '#platform/metrics/metrics';
import { TestClaimant } from '#testing/claimant';
import { Claims } from '#testing/claims';
import { eventually } from '#testing/eventually';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { leftovers } from '#testing/rows';
import { startTestApp } from '#testing/test-app';
import { age, ageAll } from '#testing/time-travel';

import { PurgeJob } from './purge-job.ts';
import { RetentionWatch } from './retention-watch.ts';
import { Timetable } from './timetable.ts';

let db: TestDatabase;
const databases: Database[] = [];
beforeEach(async () => {
  db = await freshDatabase();
});
afterEach(async () => {
  await Promise.all(databases.splice(0).map((database) => database.close()));
  await db.drop();
});

const emptied = () =>
  eventually(async () => {
    const { addresses, claimPasswords, letters } = await leftovers(db);
    return addresses === 0 && claimPasswords === 0 && letters === 0 ? true : undefined;
  });

/** Leaves one overdue claim. */
async function leaveOne(): Promise<void> {
  await new Claims(db).claim('ada@example.com');
  await ageAll(db, 61);
}

/** The job of a replica of its own, with what it logs and counts. */
function replica() {
  const database = Database.open({ url: db.appUrl, poolSize: 2, applicationName: 'a replica', limits: { lockMs: 0 } });
  databases.push(database);
  const lines: string[] = [];
  const log = new Log('warn', { write: (line: string) => void lines.push(line) });
  const metrics = new Metrics();
  const config = readConfig({ DATABASE_URL: db.appUrl, TROTH_SECRET: 'of this test', PURGE_INTERVAL_SECONDS: '0' });
  const watch = new RetentionWatch(config, database, log, metrics);
  const job = new PurgeJob(
    database,
    new Timetable(config, new SchedulerRegistry()),
    log,
    metrics,
    new Closing(log),
    watch,
  );
  const claims = async (): Promise<number> =>
    Number(/^troth_purged_rows_total\{kind="claims"\} (\d+)$/m.exec(await metrics.registry.metrics())?.[1] ?? 0);
  const overdue = async (): Promise<string | undefined> =>
    /^troth_retention_overdue_rows\{table="address"\} (\d+)$/m.exec(await metrics.registry.metrics())?.[1];
  return { job, lines, claims, overdue };
}

/** Lets a purge that has come to delete an address wait until it is told to go on. */
async function suspend(): Promise<() => Promise<unknown>> {
  const holder = Database.open({ url: db.superUrl, poolSize: 1, limits: { lifetimeMs: 600_000 } });
  databases.push(holder);
  await db.owner`
    create function wait_for_the_test() returns trigger language plpgsql as
    'begin perform pg_advisory_xact_lock(7); return old; end'`;
  await db.owner`create trigger waits before delete on address for each row execute function wait_for_the_test()`;
  await holder.sql`select pg_advisory_lock(7)::text as held`;
  return () => holder.sql`select pg_advisory_unlock(7) as released`;
}

const waits = () =>
  eventually(async () => {
    const waiting = await db.owner`
      select from pg_stat_activity where application_name = 'a replica' and wait_event_type = 'Lock'`;
    return waiting.length > 0 ? true : undefined;
  });

test('an overdue claim goes with its password and its letter, touched by nobody', async () => {
  const app = await startTestApp({ PURGE_INTERVAL_SECONDS: '1' }, db);
  try {
    for (const name of ['ada', 'bob']) {
      const someone = new TestClaimant(app, `${name}@example.com`);
      await someone.register();
      await age(db, someone.email, 61);
      await emptied();
    }
  } finally {
    await app.stop();
  }
});

test('with the job off it goes at the start of the process', async () => {
  await leaveOne();
  const app = await startTestApp({ PURGE_INTERVAL_SECONDS: '0' }, db);
  try {
    await emptied();
  } finally {
    await app.stop();
  }
});

test('a run that fails says so, and the next one does its work', async () => {
  await leaveOne();
  const { job, lines, claims } = replica();
  await db.owner`revoke execute on function purge_claims(int) from public`;
  await job.run();
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ event: 'purge_failed', reason: 'sqlstate_42501' }),
  ]);
  await db.owner`grant execute on function purge_claims(int) to public`;
  await job.run();
  expect([lines.length, await claims()]).toEqual([1, 1]);
});

test('each run tells what is past its date and was left behind, a failed one too', async () => {
  const { job, overdue } = replica();
  await leaveOne();
  await ageAll(db, 60);
  await db.owner`revoke execute on function purge_claims(int) from public`;
  expect(await overdue()).toBeUndefined();
  await job.run();
  expect(await overdue()).toBe('1');
  await db.owner`grant execute on function purge_claims(int) to public`;
  await job.run();
  expect(await overdue()).toBe('0');
});

test('a count that fails says so, and keeps no purge from its work', async () => {
  const { job, lines, claims } = replica();
  await leaveOne();
  await db.owner`revoke select on audit_event from troth_app`;
  await job.run();
  expect(await claims()).toBe(1);
  expect(lines.map((line) => JSON.parse(line) as unknown)).toEqual([
    expect.objectContaining({ event: 'retention_report_failed', reason: 'sqlstate_42501' }),
  ]);
});

test('two replicas: while one is at it the other one does nothing', async () => {
  await leaveOne();
  const [one, other] = [replica(), replica()];
  const goOn = await suspend();
  const run = one.job.run();
  await waits();
  await other.job.run();
  await goOn();
  await run;
  expect([await one.claims(), await other.claims()]).toEqual([1, 0]);
});

test('a run is not doubled, and the end of the process waits for it', async () => {
  await leaveOne();
  const { job, claims } = replica();
  const goOn = await suspend();
  job.onApplicationBootstrap();
  await waits();
  const runs = [job.run(), job.run()];
  let ended = false;
  const shutdown = job.finish().then(() => (ended = true));
  expect((await leftovers(db)).addresses).toBe(1);
  expect([ended, runs[0] === runs[1]]).toEqual([false, true]);
  await goOn();
  await shutdown;
  expect([(await leftovers(db)).addresses, await claims()]).toEqual([0, 1]);
});
