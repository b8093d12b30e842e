import { SchedulerRegistry } from '@nestjs/schedule';

import { AuditTrail } from '#testing/audit-trail';
import { eventually } from '#testing/eventually';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { startTestApp, type TestApp } from '#testing/test-app';

let db: TestDatabase;
let trail: AuditTrail;
let app: TestApp | undefined;
beforeEach(async () => {
  db = await freshDatabase();
  trail = AuditTrail.of(db);
});
afterEach(async () => {
  await app?.stop();
  await trail.close();
  await db.drop();
});

const isValid = async (): Promise<string | undefined> =>
  /^troth_audit_chain_valid (\d)$/m.exec((await app?.metrics()) ?? '')?.[1];

test.each(['10', '0'])('with PURGE_INTERVAL_SECONDS=%s a broken chain is found at the start', async (seconds) => {
  await trail.write(2);
  await trail.seal();
  await trail.tamper(
    `delete from audit_batch`,
    `insert into audit_checkpoint (number, last_transaction, last_id, events_so_far, hash, key_id, mac)
    select 1, transaction_id, id, 2, sha256('x'), 'k', sha256('x') from audit_event limit 1`,
  );
  app = await startTestApp({ PURGE_INTERVAL_SECONDS: seconds }, db);
  await eventually(async () => ((await isValid()) === '0' ? true : undefined));
});

test('it comes again each day, until the process ends', async () => {
  app = await startTestApp({ PURGE_INTERVAL_SECONDS: '10' }, db);
  const scheduler = app.get(SchedulerRegistry);
  expect(scheduler.getIntervals()).toEqual(expect.arrayContaining(['check-audit', 'purge', 'seal-audit']));
  await app.terminate();
  expect(scheduler.getIntervals()).toEqual([]);
  app = undefined;
});
