import postgres from 'postgres';

import { Claims } from '#testing/claims';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { addressRow } from '#testing/rows';
import { age } from '#testing/time-travel';

import { purgeOnce } from './purge-once.ts';

let db: TestDatabase;
let claims: Claims;
let holder: postgres.Sql;
beforeAll(async () => {
  db = await freshDatabase();
  claims = new Claims(db);
  holder = postgres(db.superUrl, { max: 1, onnotice: () => undefined });
});
afterAll(async () => {
  await holder.end();
  await db.drop();
});

describe('the purge', () => {
  test('works in batches, passes over rows that somebody holds, and leaves nothing of a dead claim', async () => {
    const own = await freshDatabase();
    const busy = postgres(own.superUrl, { max: 1 });
    try {
      const emails = Array.from({ length: 1200 }, (_, index) => `n${index}@example.com`);
      for (const email of emails) await new Claims(own).register(email);
      await own.owner`alter table address disable trigger trust_move_is_listed`;
      await own.owner`update address set expires_at = clock_timestamp() where email <> 'n7@example.com'`;
      await own.owner`alter table address enable trigger trust_move_is_listed`;
      await busy.begin(async (turn) => {
        await turn`select from address where email = 'n3@example.com' for update`;
        expect(await purgeOnce(own.sql)).toMatchObject({ claims: 1198, letters: 0 });
      });
      expect(await purgeOnce(own.sql)).toMatchObject({ claims: 1 });
      const [left] = await own.owner<Record<string, number>[]>`
        select (select count(*) from address)::int as address, (select count(*) from vault.claim_password)::int as password,
               (select count(*) from letter)::int as letter, (select count(*) from audit_subject)::int as subject,
               (select count(*) from audit_event where event = 'registration.expired')::int as expired`;
      expect(left).toEqual({ address: 1, password: 1, letter: 1, subject: 1, expired: 1199 });
    } finally {
      await busy.end();
      await own.drop();
    }
  });

  test('is left to one replica at a time', async () => {
    await holder.begin(async (turn) => {
      await turn`select pg_advisory_xact_lock(hashtextextended('troth purge', 0))`;
      expect(await purgeOnce(db.sql)).toBeUndefined();
    });
    expect(await purgeOnce(db.sql)).toBeDefined();
  });

  test('forgets what is past its time and nothing else', async () => {
    const own = await freshDatabase();
    try {
      await own.owner`
        insert into address_quota (address_key, kind, hour_started_at, hour_count, day_started_at, day_count, touched_at)
        select key, 'owner_token', clock_timestamp() - hours, 1, clock_timestamp() - hours, 1, clock_timestamp()
          from (values ('\\x01'::bytea, interval '25 hours'), ('\\x02', interval '23 hours')) as quota (key, hours)`;
      await own.owner`
        insert into registration_mute (address_key, muted_until)
        values ('\\x01', clock_timestamp()), ('\\x02', clock_timestamp() + interval '1 hour')`;
      await own.owner`
        insert into struck_claim (claim_id, address_key, struck_at)
        values (gen_random_uuid(), '\\x01', clock_timestamp() - interval '30 days'), (gen_random_uuid(), '\\x02', clock_timestamp())`;
      await own.owner`
        insert into idempotency_key (scope, fingerprint, used_at)
        values ('\\x01', '\\x00', clock_timestamp() - interval '24 hours'), ('\\x02', '\\x00', clock_timestamp())`;
      await own.owner`
        insert into letter (kind, envelope, address_key, written_at, window_closes_at)
        values ('already_registered', '\\x00', '\\x01', clock_timestamp() - interval '1 day', clock_timestamp()),
               ('already_registered', '\\x00', '\\x02', clock_timestamp(), clock_timestamp() + interval '1 hour')`;
      expect(await purgeOnce(own.sql)).toEqual({
        claims: 0,
        replays: 0,
        letters: 1,
        quotas: 1,
        mutes: 1,
        strikes: 1,
        idempotencyKeys: 1,
      });
      expect(await purgeOnce(own.sql)).toEqual({
        claims: 0,
        replays: 0,
        letters: 0,
        quotas: 0,
        mutes: 0,
        strikes: 0,
        idempotencyKeys: 0,
      });
    } finally {
      await own.drop();
    }
  });

  test('forgets the claim of an active address when its replay window is over', async () => {
    const email = 'forgotten@example.com';
    await claims.activate(email, await claims.claim(email));
    await purgeOnce(db.sql);
    expect((await addressRow(db, email))?.claimId).not.toBeNull();
    await age(db, email, 61);
    await purgeOnce(db.sql);
    expect(await addressRow(db, email)).toMatchObject({ state: 'ACTIVE', claimId: null });
  });
});
