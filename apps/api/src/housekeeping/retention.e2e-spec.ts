import { overdueRows } from '#data/retention-report';
import { sealNextBatch } from '#platform/audit/seal';
import { Database } from '#data/database';
import { KeyRing } from '#platform/keys/key-ring';
import { TestClaimant } from '#testing/claimant';
import { startTestApp, type TestApp } from '#testing/test-app';

import { ErasureJob } from './erasure-job.ts';
import { PurgeJob } from './purge-job.ts';
import { SealJob } from './seal-job.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const overdue = async (): Promise<readonly string[]> =>
  (await overdueRows(app.db.sql, { slackSeconds: 0, most: 10 }))
    .filter(({ rows }) => rows > 0)
    .map(({ table, column }) => `${table}.${column}`);

test('what the purge leaves to other jobs goes by them: nothing is past its date then', async () => {
  const { owner } = app.db;
  const ada = new TestClaimant(app, 'ada@example.com');
  // The run at the start is over.
  await app.get(SealJob).run();
  await owner`
    insert into audit_event (id, event, occurred_at)
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid, 'session.created', at
      from (select clock_timestamp() - interval '1 year 1 second' as at) as past`;
  await sealNextBatch(app.get(Database), app.get(KeyRing), 0);
  await ada.becomeActive();
  await owner`update account set deletion_effective_at = clock_timestamp() - interval '1 second'`;
  expect([...(await overdue())].sort()).toEqual([
    'account.deletion_effective_at',
    'audit_batch.newest_at',
    'audit_event.occurred_at',
  ]);
  for (const job of [app.get(ErasureJob), app.get(SealJob), app.get(PurgeJob)]) await job.run();
  expect(await overdue()).toEqual([]);
});
