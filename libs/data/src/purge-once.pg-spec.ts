import { randomUUID } from 'node:crypto';

import postgres from 'postgres';

import { Claims } from '#testing/claims';
import { eventually } from '#testing/eventually';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { addressRow, leftovers } from '#testing/rows';
import { ageAll } from '#testing/time-travel';

import { Database, type Sql, type SqlValue } from './database.ts';
import { FLOW_BATCH, purgeOnce } from './purge-once.ts';

let db: TestDatabase;
let claims: Claims;
let holder: postgres.Sql;
const opened: Database[] = [];
beforeEach(async () => {
  db = await freshDatabase();
  claims = new Claims(db);
  holder = postgres(db.superUrl, { max: 1, onnotice: () => undefined });
});
afterEach(async () => {
  await Promise.all(opened.splice(0).map((database) => database.close()));
  await holder.end();
  await db.drop();
});

const KINDS = [
  'claims',
  'replays',
  'letters',
  'quotas',
  'mutes',
  'strikes',
  'idempotencyKeys',
  'sessions',
  'loginFailures',
  'accountTokens',
  'emailChanges',
  'signingKeys',
] as const;
const NOTHING = Object.fromEntries(KINDS.map((kind) => [kind, 0]));
const ONE_EACH = Object.fromEntries(KINDS.map((kind) => [kind, 1]));

/** Claims so many addresses, whose claims are overdue then. */
async function overdue(count: number): Promise<readonly string[]> {
  const emails = Array.from({ length: count }, () => `${randomUUID()}@example.com`);
  for (const email of emails) await claims.register(email);
  await ageAll(db, 61);
  return emails;
}

/** Makes one row of each kind that is past its time, and one of each that is not. */
async function oneOfEach(): Promise<void> {
  await claims.activate('active@example.com', await claims.claim('active@example.com'));
  await overdue(1);
  await claims.activate('young@example.com', await claims.claim('young@example.com'));
  await claims.claim('claimed@example.com');
  await db.owner`delete from address_quota`;
  await db.owner`delete from letter`;
  await db.owner`
    insert into address_quota (address_key, kind, hour_started_at, hour_count, day_started_at, day_count, touched_at)
    select key, 'owner_token', clock_timestamp() - hours, 1, clock_timestamp() - hours, 1, clock_timestamp()
      from (values ('\\x01'::bytea, interval '25 hours'), ('\\x02', interval '23 hours')) as quota (key, hours)`;
  await db.owner`
    insert into registration_mute (address_key, muted_until)
    values ('\\x01', clock_timestamp()), ('\\x02', clock_timestamp() + interval '1 hour')`;
  await db.owner`
    insert into struck_claim (claim_id, address_key, struck_at)
    values (gen_random_uuid(), '\\x01', clock_timestamp() - interval '30 days'), (gen_random_uuid(), '\\x02', clock_timestamp())`;
  await db.owner`
    insert into idempotency_key (scope, fingerprint, used_at)
    values ('\\x01', '\\x00', clock_timestamp() - interval '24 hours'), ('\\x02', '\\x00', clock_timestamp())`;
  await db.owner`
    insert into session (account_id, credential_version, authenticated_at, amr, created_at, rotated_at, last_seen_at, ends_at)
    select id, 1, at, '{pwd}', at - age, at, at, at - age + interval '30 days'
      from (select id from account limit 1) as account, (select clock_timestamp() as at) as clock,
           (values (interval '30 days'), (interval '29 days')) as made (age)`;
  await db.owner`
    insert into login_failure (budget_key, window_started_at, failures)
    values ('\\x01', clock_timestamp() - interval '1 hour', 1), ('\\x02', clock_timestamp() - interval '59 minutes', 1)`;
  await db.owner`
    insert into account_token (account_id, purpose, expires_at)
    select id, 'not_me', clock_timestamp() + life
      from (select id from account limit 1) as account, (values (interval '0'), (interval '1 hour')) as token (life)`;
  await db.owner`
    insert into email_change (account_id, key_id, sealed_address, expires_at)
    select account_id, 'k', '\\x00',
           clock_timestamp() + case email when 'young@example.com' then interval '1 minute' else interval '0' end
      from address where account_id is not null on conflict do nothing`;
  await db.owner`
    insert into signing_key (kid, public_jwk, key_id, sealed, signs_from)
    select kid, '{}', 'k', '\\x00', clock_timestamp() + age
      from (values ('retired', interval '-3 days'), ('signing', interval '-121 minutes'), ('waiting', interval '10 minutes'))
        as key (kid, age)`;
  await db.owner`
    insert into letter (kind, envelope, address_key, written_at, window_closes_at)
    values ('already_registered', '\\x00', '\\x01', clock_timestamp() - interval '1 day', clock_timestamp()),
           ('already_registered', '\\x00', '\\x02', clock_timestamp(), clock_timestamp() + interval '1 hour')`;
}

test('works in batches, passes over rows that somebody holds, and leaves nothing of a dead claim', async () => {
  const [held = ''] = await overdue(2 * FLOW_BATCH + 20);
  await claims.claim('alive@example.com');
  await holder.begin(async (turn) => {
    await turn`select from address where email = ${held} for update`;
    expect((await purgeOnce(db.sql)).purged).toEqual({ ...NOTHING, claims: 2 * FLOW_BATCH + 19 });
  });
  expect((await purgeOnce(db.sql)).purged).toEqual({ ...NOTHING, claims: 1 });
  expect(await leftovers(db)).toEqual({
    addresses: 1,
    accounts: 0,
    claimPasswords: 1,
    accountPasswords: 0,
    subjects: 1,
    letters: 1,
  });
  const expired = await db.owner`select from audit_event where event = 'registration.expired'`;
  expect(expired).toHaveLength(2 * FLOW_BATCH + 20);
});

test('forgets what is past its time and nothing else', async () => {
  await oneOfEach();
  expect(await purgeOnce(db.sql)).toEqual({ purged: ONE_EACH, isWhole: true });
  expect(await purgeOnce(db.sql)).toEqual({ purged: NOTHING, isWhole: true });
  expect(await addressRow(db, 'active@example.com')).toMatchObject({ state: 'ACTIVE', claimId: null });
  expect((await addressRow(db, 'young@example.com'))?.claimId).not.toBeNull();
});

describe('one replica purges at a time', () => {
  /** Runs a purge before whose nth statement another replica takes its turn, and keeps it. */
  async function disturbed(nth: number) {
    let statements = 0;
    const sql = async (text: TemplateStringsArray, ...values: readonly SqlValue[]) => {
      if (statements++ === nth) await holder`select pg_advisory_lock(hashtextextended('troth purge', 0))`;
      return db.sql(text, ...values);
    };
    const run = await purgeOnce(sql as Sql);
    await holder`select pg_advisory_unlock(hashtextextended('troth purge', 0))`;
    return { ...run, statements };
  }

  test.each(Object.keys(ONE_EACH).map((kind, nth) => [kind, nth] as const))(
    'each sweep takes turns: another one comes in before that of %s, which is left to it with what follows',
    async (_kind, nth) => {
      await oneOfEach();
      const done = Object.fromEntries(Object.keys(ONE_EACH).map((kind, place) => [kind, place < nth ? 1 : 0]));
      expect(await disturbed(nth)).toEqual({ purged: done, isWhole: false, statements: nth + 1 });
      const rest = Object.fromEntries(Object.keys(ONE_EACH).map((kind, place) => [kind, place < nth ? 0 : 1]));
      expect(await purgeOnce(db.sql)).toEqual({ purged: rest, isWhole: true });
    },
  );

  test('each batch does: who is overtaken between two of them stops, and says what it did', async () => {
    await overdue(FLOW_BATCH + 1);
    expect(await disturbed(1)).toMatchObject({ purged: { ...NOTHING, claims: FLOW_BATCH }, isWhole: false });
    expect(await purgeOnce(db.sql)).toMatchObject({ purged: { ...NOTHING, claims: 1 }, isWhole: true });
  });
});

describe('a purge blocks no claim', () => {
  test('it holds no address while it waits: keys and letters that somebody holds are passed over', async () => {
    const [first = '', second = ''] = await overdue(2);
    await holder.begin(async (turn) => {
      await turn`select from letter for update`;
      await turn`
        select from audit_subject where id = (select subject_id from address where email = ${first}) for no key update`;
      expect(await purgeOnce(db.sql)).toMatchObject({ purged: { claims: 1, letters: 0 }, isWhole: true });
      expect(await addressRow(db, second)).toBeUndefined();
      expect(await claims.register(second)).toBe('claimed');
    });
    expect(await purgeOnce(db.sql)).toMatchObject({ purged: { claims: 1 }, isWhole: true });
  });

  test('it holds the addresses of one batch: all others are claimed meanwhile, and these after it', async () => {
    const emails = await overdue(FLOW_BATCH + 20);
    await db.owner`
      create function wait_for_the_test() returns trigger language plpgsql as
      'begin if current_setting(''application_name'') = ''the purge'' then perform pg_advisory_xact_lock(7); end if; return old; end'`;
    await db.owner`create trigger waits before delete on address for each row execute function wait_for_the_test()`;
    const patient = { url: db.appUrl, poolSize: 1, limits: { lockMs: 0 } };
    const purging = Database.open({ ...patient, applicationName: 'the purge' });
    const claiming = Database.open({ ...patient, applicationName: 'the claim' });
    await holder`select pg_advisory_lock(7)`;
    const run = purgeOnce(purging.sql);
    await waits('the purge');
    const free = await db.owner<{ email: string }[]>`select email from address for update skip locked`;
    expect(emails.length - free.length).toBe(FLOW_BATCH);
    for (const { email } of free) expect(await claims.register(email)).toBe('claimed');
    const held = emails.find((email) => !free.some((other) => other.email === email)) ?? '';
    const claim = new Claims({ ...db, sql: claiming.sql }).register(held);
    await waits('the claim');
    await holder`select pg_advisory_unlock(7)`;
    expect(await claim).toBe('claimed');
    expect(await run).toEqual({ purged: { ...NOTHING, claims: FLOW_BATCH }, isWhole: true });
    await Promise.all([purging.close(), claiming.close()]);
  });

  test('claims on addresses that are being purged all succeed, and each dead claim ends once', async () => {
    const limits = { turnMs: 30_000, connectedMs: 30_000, lockMs: 0 };
    const patient = Database.open({ url: db.appUrl, poolSize: 10, limits });
    opened.push(patient);
    const crowd = new Claims({ ...db, sql: patient.sql });
    for (let round = 1; round <= 5; round++) {
      const emails = await overdue(3 * FLOW_BATCH);
      const [, , outcomes] = await Promise.all([
        purgeOnce(db.sql),
        purgeOnce(db.sql),
        Promise.all(emails.map((email) => crowd.register(email))),
      ]);
      expect(new Set(outcomes)).toEqual(new Set(['claimed']));
      const { addresses, claimPasswords, subjects } = await leftovers(db);
      expect([addresses, claimPasswords, subjects]).toEqual(new Array(3).fill(emails.length));
      await ageAll(db, 61);
      await purgeOnce(db.sql);
      const expired = await db.owner`select from audit_event where event = 'registration.expired'`;
      expect(expired).toHaveLength(2 * emails.length * round);
    }
  });

  const waits = (name: string) =>
    eventually(async () => {
      const waiting = await db.owner`
        select from pg_stat_activity
         where datname = current_database() and application_name = ${name} and wait_event_type = 'Lock'`;
      return waiting.length > 0 ? true : undefined;
    });
});
