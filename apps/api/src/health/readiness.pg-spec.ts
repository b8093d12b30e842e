import { Database, type Sql } from '#data/database';
import { eventually } from '#testing/eventually';
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

test('a hundred probes at once cost the database one look, however long it takes', async () => {
  let [looks, probes] = [0, 0];
  let answer: () => void = () => undefined;
  const answered = new Promise<void>((resolve) => (answer = resolve));
  await withFrame(db.appUrl, async (frame) => {
    const database = frame.app.get(Database);
    const { sql } = database;
    const slow: Sql = async (text, ...values) => {
      looks += text.join('').includes('to_regclass') ? 1 : 0;
      await answered;
      return sql(text, ...values);
    };
    Object.assign(database, { sql: slow });
    const readiness = frame.app.get(Readiness);
    const schema = jest.spyOn(readiness, 'schema').mockImplementation(() => {
      probes += 1;
      return Readiness.prototype.schema.call(readiness);
    });
    const asked = Promise.all(Array.from({ length: 100 }, () => frame.fetch('/health/ready')));
    await eventually(() => Promise.resolve(probes === 100 ? true : undefined), 30);
    expect(looks).toBe(1);
    answer();
    expect((await asked).every(({ status }) => status === 200)).toBe(true);
    expect(looks).toBe(1);
    schema.mockRestore();
    await eventually(async () => ((await readiness.schema()) && looks > 1 ? true : undefined));
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
