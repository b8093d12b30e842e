import { LEDGER } from '#domain/ledger';
import { ADDRESS_QUOTAS, OWNER_TOKEN_DAYS, REPLAY_SECONDS } from '#domain/quota';
import { Claims } from '#testing/claims';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { age } from '#testing/time-travel';

let db: TestDatabase;
let claims: Claims;
beforeAll(async () => {
  db = await freshDatabase();
  claims = new Claims(db);
});
afterAll(() => db.drop());

describe('the numbers of the domain are the numbers of the database', () => {
  test('quotas an hour and a day', async () => {
    for (const [kind, { perHour, perDay }] of Object.entries(ADDRESS_QUOTAS)) {
      const calls = await db.owner<{ source: string }[]>`
        select prosrc as source from pg_proc where prosrc like ${`%take_address_quota(p_address_key, '${kind}', ${perHour}, ${perDay})%`}`;
      expect([kind, calls.length > 0]).toEqual([kind, true]);
    }
  });

  test('an owner token is valid on its day and six more', async () => {
    const day = await claims.today();
    for (const [issued, valid] of [
      [day, true],
      [day - OWNER_TOKEN_DAYS + 1, true],
      [day - OWNER_TOKEN_DAYS, false],
      [day + 1, false],
      [null, false],
    ] as const) {
      const [row] = await db.owner<{ valid: boolean }[]>`select owner_token_is_current(${issued}::int) as valid`;
      expect([issued, row?.valid]).toEqual([issued, valid]);
    }
  });

  test('a code may be sent again for 60 s', async () => {
    const email = 'replay@example.com';
    const claimId = await claims.claim(email);
    await claims.activate(email, claimId);
    await age(db, email, REPLAY_SECONDS - 5);
    expect((await claims.activate(email, claimId)).outcome).toBe('replayed');
    await age(db, email, 6);
    expect((await claims.activate(email, claimId)).outcome).toBe('refused_replay');
  });

  test.each([
    ['at the floor', 20, 0, false],
    ['above the floor', 21, 0, true],
    ['at one percent of many activations', 25, 2500, false],
    ['above one percent of many activations', 26, 2500, true],
    ['at the ceiling', LEDGER.breakerCeiling, 20_100, false],
    ['above the ceiling', LEDGER.breakerCeiling + 1, 20_100, true],
  ])('the breaker %s', async (_where, struck, activations, open) => {
    const own = await freshDatabase();
    try {
      await own.owner`
        insert into struck_claim (claim_id, address_key, struck_at)
        select gen_random_uuid(), '\\x00', clock_timestamp() - interval '59 minutes' from generate_series(1, ${struck}::int)`;
      await own.owner`
        with subject as (
          insert into audit_subject (wrapped_key) select '\\x00' from generate_series(1, ${activations}::int) returning id)
        insert into account (subject_id) select id from subject`;
      await own.owner`select note_breaker()`;
      const [row] = await own.owner<{ length: number; minutes: number | null }[]>`
        select next_code_length('\\x01', false) as length,
               case when isfinite(open_until) then extract(epoch from open_until - clock_timestamp())::float8 / 60 end as minutes from breaker`;
      expect(row?.length).toBe(open ? 8 : 4);
      // The strikes fall out of the hour in a minute; from then on an hour has to pass, and a minute of margin.
      if (open) expect(Math.round(row?.minutes ?? 0)).toBe(1 + LEDGER.breakerMinutes + 1);
    } finally {
      await own.drop();
    }
  });

  test('struck claims count for 30 days and not longer', async () => {
    const lengthOf = async () => {
      const [row] = await db.owner<{ length: number }[]>`select next_code_length('\\xaa', false) as length`;
      return row?.length;
    };
    await db.owner`
      insert into struck_claim (claim_id, address_key, struck_at)
      select gen_random_uuid(), '\\xaa', clock_timestamp() - make_interval(days => ${LEDGER.days - 1}::int)
        from generate_series(1, ${LEDGER.perAddress}::int)`;
    expect(await lengthOf()).toBe(8);
    await db.owner`update struck_claim set struck_at = struck_at - interval '1 day' where address_key = '\\xaa'`;
    expect(await lengthOf()).toBe(4);
  });
});
