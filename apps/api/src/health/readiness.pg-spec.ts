import { Database } from '#data/database';
import { FrameApp } from '#testing/frame-app';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

import { HealthController } from './health.controller.ts';
import { Readiness } from './readiness.ts';

let db: TestDatabase;
beforeAll(async () => {
  db = await freshDatabase();
});
afterAll(() => db.drop());

async function withFrame(url: string, work: (frame: FrameApp) => Promise<void>): Promise<void> {
  const frame = await FrameApp.start([HealthController], { DATABASE_URL: url }, [Readiness]);
  try {
    await work(frame);
  } finally {
    await frame.close();
  }
}

test('with a migrated database the service is ready, and says which schema it found', async () => {
  await withFrame(db.appUrl, async (frame) => {
    const answer = await frame.fetch('/health/ready');
    expect([answer.status, await answer.json()]).toEqual([
      200,
      { status: 'ok', schema: expect.stringMatching(/^\d{6}_\w+\.sql$/) },
    ]);
  });
});

test('a hundred probes at once cost the database one look', async () => {
  await withFrame(db.appUrl, async (frame) => {
    let statements = 0;
    frame.app.get(Database).onStatement(() => (statements += 1));
    const answers = await Promise.all(Array.from({ length: 100 }, () => frame.fetch('/health/ready')));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(statements).toBeLessThanOrEqual(4);
  });
});

test('without a schema it is not ready', async () => {
  await db.owner`create schema put_aside`;
  await db.owner`alter table schema_migration set schema put_aside`;
  await withFrame(db.appUrl, async (frame) => {
    const answer = await frame.fetch('/health/ready');
    expect(await answer.json()).toMatchObject({ status: 503, code: 'overloaded' });
  });
});
