import { PurgeJob } from '#api/housekeeping/purge-job';
import { Database } from '#data/database';
import { TestClaimant } from '#testing/claimant';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { findPgBouncer, type PgBouncer, startPgBouncer } from '#testing/pgbouncer';
import { addressRow } from '#testing/rows';
import { startTestApp, type TestApp } from '#testing/test-app';
import { age } from '#testing/time-travel';

/** Fewer than the service has: each of its connections is served by whichever of these is free. */
const SERVER_CONNECTIONS = 2;
const LIMITS = { statement_timeout: '5s', lock_timeout: '1s', idle_in_transaction_session_timeout: '5s' };

const program = findPgBouncer();
const isLeftOut = program === undefined && process.env.CI !== 'true';
if (isLeftOut)
  process.stdout.write(
    'LEFT OUT: the service behind PgBouncer. There is no PgBouncer 1.21 or later; see .ci/pgbouncer.sh.\n',
  );

let db: TestDatabase;
beforeAll(async () => {
  db = await freshDatabase();
});
afterAll(() => db.drop());

test('the role of the service brings the time limits that a pooler drops', async () => {
  const settings = await db.owner<{ setting: string }[]>`
    select unnest(setconfig) as setting from pg_db_role_setting
     where setrole = to_regrole('troth_app')::oid and setdatabase = 0`;
  expect(settings.map(({ setting }) => setting)).toEqual(
    Object.entries(LIMITS).map(([name, value]) => `${name}=${value}`),
  );
});

(isLeftOut ? describe.skip : describe)('behind PgBouncer in transaction mode', () => {
  let pooler: PgBouncer;
  let app: TestApp;
  beforeAll(async () => {
    if (program === undefined) throw new Error('PgBouncer 1.21 or later is not on this machine: see .ci/pgbouncer.sh');
    pooler = await startPgBouncer(program, db.appUrl, SERVER_CONNECTIONS);
    app = await startTestApp({ DATABASE_URL: pooler.through(db.appUrl), CLAIM_RESEND_GAP_SECONDS: '0' }, db);
  });
  afterAll(async () => {
    await app.stop();
    await pooler.stop();
  });

  let people = 0;
  const someone = (): TestClaimant => new TestClaimant(app, `pooled${++people}@example.com`);
  const row = (claimant: TestClaimant) => addressRow(db, claimant.email);

  test('a registration, a resend and an activation make an account', async () => {
    const ada = someone();
    expect((await ada.register()).status).toBe(202);
    const code = await ada.code();
    expect((await ada.resend()).status).toBe(202);
    expect(await ada.code(2)).toBe(code);
    const { status, body } = await ada.activate(code);
    expect([status, body]).toMatchObject([200, { user: { email: ada.email } }]);
    expect((await row(ada))?.state).toBe('ACTIVE');
  });

  test('the purge job releases what is overdue', async () => {
    const ada = someone();
    await ada.register();
    await age(db, ada.email, 61);
    await app.get(PurgeJob).run();
    expect(await row(ada)).toBeUndefined();
  });

  test('two claims on one address at once make one claim and one letter', async () => {
    for (let round = 0; round < 5; round++) {
      const ada = someone();
      const rival = new TestClaimant(app, ada.email, 'the password of a rival');
      const answers = await Promise.all([ada.register(), rival.register()]);
      expect(answers.map(({ status }) => status)).toEqual([202, 202]);
      expect(await ada.settledLetters()).toHaveLength(1);
      const code = await ada.code();
      const activations = await Promise.all([ada.activate(code), rival.activate(code)]);
      expect(activations.map(({ status }) => status).sort()).toEqual([200, 401]);
    }
  });

  test('forty requests at once share the few connections of the pooler, and none of them fails', async () => {
    const crowd = Array.from({ length: 40 }, someone);
    const answers = await Promise.all(crowd.map((one) => one.register()));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([202]));
    const [used] = await db.owner<{ connections: number }[]>`
      select count(*)::int as connections from pg_stat_activity
       where datname = current_database() and usename = 'troth_app'`;
    expect(used?.connections).toBeGreaterThan(0);
    expect(used?.connections).toBeLessThanOrEqual(SERVER_CONNECTIONS);
  });

  test('the time limits of the role hold', async () => {
    const [limits] = await app.get(Database).sql<object[]>`
      select current_setting('statement_timeout') as statement_timeout, current_setting('lock_timeout') as lock_timeout,
             current_setting('idle_in_transaction_session_timeout') as idle_in_transaction_session_timeout`;
    expect(limits).toEqual(LIMITS);
  });
});
