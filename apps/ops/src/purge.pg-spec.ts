import { Database } from '#data/database';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { type Ended, runOps } from '#testing/run-ops';

jest.setTimeout(60_000);

let db: TestDatabase;
afterEach(() => db.drop());

const purge = (url: string): Promise<Ended> => runOps(['purge'], { DATABASE_URL: url });
const mutes = async (): Promise<number> =>
  (await db.owner<{ there: boolean }[]>`select true as there from registration_mute`).length;

test('what is past its time goes, what is not stays, and each kind is counted', async () => {
  db = await freshDatabase();
  await db.owner`
    insert into registration_mute (address_key, muted_until)
    select int4send(n), clock_timestamp() + (n - 600) * interval '1 hour' from generate_series(1, 700) as n`;
  const { code, out, err } = await purge(db.appUrl);
  expect([code, err]).toEqual([0, '']);
  expect(out.trim().split('\n')).toEqual([
    ...[
      'claims: 0',
      'replays: 0',
      'letters: 0',
      'quotas: 0',
      'mutes: 600',
      'strikes: 0',
      'idempotencyKeys: 0',
      'sessions: 0',
      'loginFailures: 0',
      'accountTokens: 0',
      'emailChanges: 0',
      'signingKeys: 0',
    ],
  ]);
  expect(await mutes()).toBe(100);
});

test('while another process is purging it says so and does nothing', async () => {
  db = await freshDatabase();
  await db.owner`insert into registration_mute (address_key, muted_until) values ('\\x00', clock_timestamp())`;
  const other = Database.open({ url: db.superUrl, poolSize: 1, limits: { idleInTransactionMs: 0 } });
  await other.transaction(async ({ sql }) => {
    await sql`select purge_is_mine() as mine`;
    expect(await purge(db.appUrl)).toEqual({
      code: 1,
      out: '',
      err: 'Another process is purging; try again in a moment.\n',
    });
  });
  await other.close();
  expect(await mutes()).toBe(1);
  expect(await purge(db.appUrl)).toMatchObject({ code: 0, err: '' });
  expect(await mutes()).toBe(0);
});

test('a database without schema, and one of an older release, are refused', async () => {
  db = await freshDatabase({ empty: true });
  const none = { code: 1, out: '', err: 'The database has no schema yet. Run `npm run ops -- migrate` first.\n' };
  expect(await purge(db.appUrl)).toEqual(none);
  await db.drop();
  db = await freshDatabase();
  await db.owner`delete from schema_migration where name = (select max(name) from schema_migration)`;
  expect((await purge(db.appUrl)).err).toBe(
    'The schema is older than this release. Run `npm run ops -- migrate` first.\n',
  );
});

test('a user without the rights of troth_app is refused in a line', async () => {
  db = await freshDatabase();
  await db.owner`revoke all on registration_mute from troth_app`;
  const { code, err } = await purge(db.appUrl);
  expect([code, err]).toEqual([1, 'The user of DATABASE_URL may not do this: it has to be troth_app.\n']);
});
