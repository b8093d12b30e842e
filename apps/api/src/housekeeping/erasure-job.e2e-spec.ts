import { Log } from '#platform/logging/log';
import { TestClaimant } from '#testing/claimant';
import { eventually } from '#testing/eventually';
import { events } from '#testing/rows';
import { TestSession } from '#testing/sessions';
import { startTestApp, type TestApp } from '#testing/test-app';
import { inTurn, times } from '#testing/turns';

import { ErasureJob } from './erasure-job.ts';

let app: TestApp;
let warn: jest.SpyInstance<void, Parameters<Log['warn']>>;
beforeAll(async () => {
  app = await startTestApp();
  warn = jest.spyOn(app.get(Log), 'warn');
});
afterAll(() => app.stop());

let people = 0;
async function leaver(roles = '{}'): Promise<TestClaimant> {
  const ada = new TestClaimant(app, `scheduled${++people}@example.com`);
  await ada.becomeActive();
  const session = await TestSession.of(app, ada);
  const { status } = await session.ask('/v1/me/deletion', { body: { after_days: 30 } });
  if (status !== 202) throw new Error(`answered ${status}`);
  await app.db.owner`
    update account set roles = ${roles}::text[] where id = (select account_id from address where email = ${ada.email})`;
  return ada;
}

/** Lets so many days pass until the deletion. */
const pass = ({ email }: TestClaimant, days: number): Promise<unknown> =>
  app.db.owner`
    update account set deletion_effective_at = deletion_effective_at - make_interval(hours => 24 * ${days}::int)
     where id = (select account_id from address where email = ${email})`;
const isThere = async ({ email }: TestClaimant): Promise<boolean> =>
  (await app.db.owner`select from address where email = ${email}`).length === 1;
const run = (): Promise<void> => app.get(ErasureJob).run();

test('erases on the day, not before, and sends the last letter with a receipt', async () => {
  const ada = await leaver();
  await pass(ada, 29);
  await run();
  expect(await isThere(ada)).toBe(true);
  await pass(ada, 1);
  await run();
  expect([await isThere(ada), (await events(app.db)).at(-1)]).toEqual([false, 'account.deleted']);
  const { subject, text } = await ada.letter(3);
  expect([subject, text]).toEqual(['Your account is deleted', expect.stringContaining('As you asked some days ago')]);
  const receipt = /^[\w-]{20,}\.[\w-]{20,}\.[\w-]{86}$/m.exec(text)?.[0];
  const verified = await app.ask('/v1/deletion-receipts/verify', { body: { receipt } });
  expect(verified.body).toEqual({ valid: true, account_absent: true });
  expect((await ada.logIn()).status).toBe(401);
});

test('whoever takes it back stays', async () => {
  const ada = await leaver();
  const session = await TestSession.of(app, ada);
  await session.ask('/v1/me/deletion', { method: 'DELETE' });
  await pass(ada, 31);
  await run();
  expect(await session.isAlive()).toBe(true);
});

test('the last administrator stays, the log tells of it once, and the others are not held up', async () => {
  const [admin, ada] = [await leaver('{admin}'), await leaver()];
  for (const one of [admin, ada]) await pass(one, 30);
  await run();
  await run();
  expect([await isThere(admin), await isThere(ada)]).toEqual([true, false]);
  expect(warn.mock.calls).toEqual([['scheduled_deletion_refused', { reason: 'last_admin' }]]);
  await app.db.owner`update account set roles = '{}'`;
  await run();
  expect(await isThere(admin)).toBe(false);
});

test('an account that is frozen waits, and one that fails does not keep the others', async () => {
  const [frozen, failing, ada] = [await leaver(), await leaver(), await leaver()];
  for (const one of [frozen, failing, ada]) await pass(one, 30);
  await app.db.owner`
    update account set changes_frozen_until = clock_timestamp() + interval '1 hour'
     where id = (select account_id from address where email = ${frozen.email})`;
  await app.db.owner`
    create function fail() returns trigger language plpgsql as $$
    begin
      raise exception 'no';
    end $$`;
  await app.db.owner`
    create trigger fails before delete on address for each row when (old.email = 'scheduled6@example.com')
      execute function fail()`;
  expect(failing.email).toBe('scheduled6@example.com');
  await run();
  expect(await Promise.all([frozen, failing, ada].map(isThere))).toEqual([true, true, false]);
  expect(warn.mock.calls.map(([event]) => event).filter((event) => event === 'erasure_failed')).toHaveLength(1);
  await app.db.owner`drop trigger fails on address`;
  await run();
  expect(await isThere(failing)).toBe(false);
});

test('replicas that run at once erase each account once', async () => {
  const replica = await startTestApp({}, app.db);
  try {
    const all = await inTurn(4, () => leaver());
    for (const one of all) await pass(one, 30);
    await times(5, () => Promise.all([run(), replica.get(ErasureJob).run()]));
    await eventually(async () => {
      await run();
      return (await Promise.all(all.map(isThere))).includes(true) ? undefined : true;
    });
    const told = (await app.db.owner`select subject_id from audit_event where event = 'account.deleted'`).length;
    const subjects = await app.db.owner`select distinct subject_id from audit_event where event = 'account.deleted'`;
    expect(subjects).toHaveLength(told);
  } finally {
    await replica.stop();
  }
});

test('by itself, while the service runs', async () => {
  const ada = await leaver();
  await pass(ada, 30);
  const other = await startTestApp({ PURGE_INTERVAL_SECONDS: '1' }, app.db);
  try {
    await eventually(async () => ((await isThere(ada)) ? undefined : true));
    const late = await leaver();
    await pass(late, 30);
    await eventually(async () => ((await isThere(late)) ? undefined : true));
  } finally {
    await other.stop();
  }
});
