import { Claims } from '#testing/claims';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { ageAll } from '#testing/time-travel';
import { isPeriod } from '#domain/annotation';

import { readInventory, retentionRules } from './inventory.ts';
import { purgeOnce } from './purge-once.ts';
import { overdueRows, slackOf, WATCHES } from './retention-report.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await freshDatabase();
});
afterEach(() => db.drop());

/** What the purge does not come to: other jobs empty these. */
const OTHER_JOBS = ['account.deletion_effective_at', 'audit_batch.newest_at', 'audit_event.occurred_at'];

/** Puts a row into each table whose date is past by so many seconds. */
async function putRows(past: number): Promise<void> {
  const { owner } = db;
  const claims = new Claims(db);
  await claims.activate('active@example.com', await claims.claim('active@example.com'));
  await claims.claim('claimed@example.com');
  await owner`delete from letter`;
  await owner`delete from address_quota`;
  await ageAll(db, 60 + past);
  await owner`update account set deletion_effective_at = clock_timestamp() - make_interval(secs => ${past}::int)`;
  await owner`
    insert into letter (kind, envelope, address_key, written_at, window_closes_at)
    select 'already_registered', '\\x00', '\\x00', at - interval '24 hours', at
      from (select clock_timestamp() - make_interval(secs => ${past}::int) as at) as past`;
  await owner`
    insert into address_quota (address_key, kind, hour_started_at, hour_count, day_started_at, day_count, touched_at)
    select '\\x00', 'registration_letters', at + interval '24 hours', 1, at, 1, clock_timestamp()
      from (select clock_timestamp() - interval '25 hours' - make_interval(secs => ${past}::int) as at) as past`;
  await owner`
    insert into registration_mute (address_key, muted_until)
    values ('\\x00', clock_timestamp() - make_interval(secs => ${past}::int))`;
  await owner`
    insert into struck_claim (claim_id, address_key, struck_at)
    values (gen_random_uuid(), '\\x00', clock_timestamp() - interval '30 days' - make_interval(secs => ${past}::int))`;
  await owner`
    insert into idempotency_key (scope, fingerprint, used_at)
    values ('\\x00', '\\x00', clock_timestamp() - interval '24 hours' - make_interval(secs => ${past}::int))`;
  await owner`
    insert into session (account_id, credential_version, authenticated_at, amr, created_at, rotated_at, last_seen_at, ends_at)
    select id, 1, at, '{pwd}', at, at, at, at + interval '30 days'
      from account, (select clock_timestamp() - interval '30 days' - make_interval(secs => ${past}::int) as at) as past`;
  await owner`
    insert into login_failure (budget_key, window_started_at, failures)
    values ('\\x00', clock_timestamp() - interval '1 hour' - make_interval(secs => ${past}::int), 1)`;
  await owner`
    insert into account_token (account_id, purpose, expires_at)
    select id, 'not_me', clock_timestamp() - make_interval(secs => ${past}::int) from account`;
  await owner`
    insert into email_change (account_id, key_id, sealed_address, expires_at)
    select id, 'k', '\\x00', clock_timestamp() - make_interval(secs => ${past}::int) from account`;
  await owner`
    insert into audit_batch (number, first_transaction, first_id, last_transaction, last_id, events, events_so_far, newest_at,
                             previous_hash, events_hash, hash, sealed_at, key_id, mac)
    select 1, '3', gen_random_uuid(), '4', gen_random_uuid(), 1, 1,
           clock_timestamp() - interval '1 year' - make_interval(secs => ${past}::int), hash, hash, hash, clock_timestamp(), 'k', hash
      from sha256('') as hash`;
  await owner`
    insert into audit_event (id, event, occurred_at)
    select (lpad(to_hex((extract(epoch from at) * 1000)::bigint), 12, '0') || '70008000000000000000')::uuid, 'session.created', at
      from (select clock_timestamp() - interval '1 year' - make_interval(secs => ${past}::int) as at) as past`;
}

const counted = async (slackSeconds: number, most = 100): Promise<Readonly<Record<string, number>>> =>
  Object.fromEntries(
    (await overdueRows(db.sql, { slackSeconds, most })).map(({ table, column, rows }) => [`${table}.${column}`, rows]),
  );
const each = (rows: (name: string) => number): Readonly<Record<string, number>> =>
  Object.fromEntries(
    WATCHES.map(({ table, column }) => `${table}.${column}`).map((name): [string, number] => [name, rows(name)]),
  );

test('every period of a comment is watched, and nothing else is', async () => {
  const rules = retentionRules(await readInventory(db.sql));
  const dated = rules.filter(({ from, until }) => from !== null || until !== null);
  const named = dated.map(({ table, from, until }) => `${table}.${from ?? until ?? ''}`);
  expect(named.sort()).toEqual(WATCHES.map(({ table, column }) => `${table}.${column}`).sort());
  expect(rules.filter(({ retention }) => isPeriod(retention)).filter((rule) => !dated.includes(rule))).toEqual([]);
});

test('a row past its date in every table is counted; the purge comes, and there is none any more', async () => {
  await putRows(60);
  expect(await counted(0)).toEqual(each(() => 1));
  expect((await purgeOnce(db.sql)).isWhole).toBe(true);
  expect(await counted(0)).toEqual(each((name) => (OTHER_JOBS.includes(name) ? 1 : 0)));
});

test('the purge takes each row as soon as its comment says', async () => {
  await putRows(1);
  await purgeOnce(db.sql);
  expect(await counted(0)).toEqual(each((name) => (OTHER_JOBS.includes(name) ? 1 : 0)));
});

test('what is not past its date yet, or by less than the slack, is not counted', async () => {
  await putRows(-30);
  expect(await counted(0)).toEqual(each(() => 0));
  await db.drop();
  db = await freshDatabase();
  await putRows(30);
  expect(await counted(20)).toEqual(each(() => 1));
  expect(await counted(50)).toEqual(each(() => 0));
});

test('an account that nobody may change now is not erased now, and so not overdue', async () => {
  await putRows(30);
  await db.owner`update account set changes_frozen_until = clock_timestamp() + interval '1 hour'`;
  expect(await counted(0)).toEqual(each((name) => (name === 'account.deletion_effective_at' ? 0 : 1)));
});

test('no more are counted than anybody wants to know of', async () => {
  await db.owner`
    insert into registration_mute (address_key, muted_until)
    select int4send(n), clock_timestamp() - interval '1 day' from generate_series(1, 20) as n`;
  expect(await counted(0)).toEqual(each((name) => (name === 'registration_mute.muted_until' ? 20 : 0)));
  expect(await counted(0, 7)).toEqual(each((name) => (name === 'registration_mute.muted_until' ? 7 : 0)));
});

test('the purge comes by in its interval, and has five seconds for its work', () => {
  expect([slackOf(10), slackOf(0)]).toEqual([15, 5]);
});
