import { randomBytes, randomUUID } from 'node:crypto';

import postgres from 'postgres';

import { LEDGER } from '#domain/ledger';
import { ADDRESS_QUOTAS, OWNER_TOKEN_DAYS, REPLAY_SECONDS } from '#domain/quota';
import { eventually } from '#testing/eventually';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { addressRow } from '#testing/rows';
import { age } from '#testing/time-travel';

import { activateClaim, findClaimant, register, resendCode, withdrawClaim, type Registration } from './claim.ts';
import { purgeOnce } from './purge-once.ts';

let db: TestDatabase;
let holder: postgres.Sql;
beforeAll(async () => {
  db = await freshDatabase();
  holder = postgres(db.superUrl, { max: 1, onnotice: () => undefined });
});
afterAll(async () => {
  await holder.end();
  await db.drop();
});

const phcOf = (hash: string): string => `$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$${hash}`;
const PHC = phcOf('aGFzaGhhc2g');
const keyOf = (email: string): Uint8Array => Buffer.from(email);

function registration(email: string, more: Partial<Registration> = {}): Registration {
  return {
    email,
    addressKey: keyOf(email),
    phc: PHC,
    username: null,
    locale: null,
    ownerTokenDay: null,
    claimSeconds: 60,
    strict: false,
    keyId: 'k',
    wrappedKey: randomBytes(8),
    sealedDetails: null,
    envelope: randomBytes(8),
    requestId: 'r',
    idempotencyScope: null,
    fingerprint: null,
    ...more,
  };
}

async function claim(email: string): Promise<string> {
  await register(db.sql, registration(email));
  return (await findClaimant(db.sql, email))?.claimId ?? '';
}

function attempt(email: string, claimId: string, codeIsRight = true, phc = PHC) {
  return activateClaim(db.sql, {
    email,
    addressKey: keyOf(email),
    claimId,
    phc,
    codeIsRight,
    requestId: 'r',
    sealedDetails: null,
  });
}

async function today(): Promise<number> {
  const [row] = await db.owner<
    { day: number }[]
  >`select floor(extract(epoch from clock_timestamp()) / 86400)::int as day`;
  return row?.day ?? 0;
}

describe('a statement that waited for a lock does not decide by an old clock', () => {
  const ends: readonly [string, (turn: postgres.TransactionSql, email: string) => Promise<unknown>, boolean][] = [
    [
      'commits a change',
      (turn, email) => turn`update address set wished_username = 'somebody' where email = ${email}`,
      true,
    ],
    [
      'rolls back',
      (turn, email) => turn`update address set wished_username = 'somebody' where email = ${email}`,
      false,
    ],
    ['only locks', (turn, email) => turn`select from address where email = ${email} for update`, true],
  ];
  const acts: readonly [string, (email: string, claimId: string) => Promise<string>, string][] = [
    ['activation', async (email, claimId) => (await attempt(email, claimId)).outcome, 'expired'],
    ['a strike', async (email, claimId) => (await attempt(email, claimId, false)).outcome, 'expired'],
    ['resend', (email, claimId) => resend(email, claimId), 'expired'],
    [
      'withdrawal',
      (email, claimId) => withdrawClaim(db.sql, { email, addressKey: keyOf(email), claimId, phc: PHC, requestId: 'r' }),
      'expired',
    ],
    ['a new claim', (email) => register(db.sql, registration(email)), 'claimed'],
  ];
  const pairs = ends.flatMap(([how, hold, commits]) =>
    acts.map(([what, act, expected]) => ({ how, hold, commits, what, act, expected })),
  );

  test.each(pairs)('the holder $how: $what is late', async ({ hold, commits, act, expected }) => {
    const email = `${randomUUID()}@example.com`;
    const claimId = await claim(email);
    await db.owner`alter table address disable trigger trust_move_is_listed`;
    await db.owner`update address set expires_at = clock_timestamp() + interval '300 milliseconds' where email = ${email}`;
    let outcome: Promise<string> | undefined;
    await holder
      .begin(async (turn) => {
        await hold(turn, email);
        outcome = act(email, claimId);
        await eventually(async () => {
          const [waiting] = await db.owner<{ both: boolean }[]>`
            select (exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')
               and exists (select from address where email = ${email} and expires_at <= clock_timestamp())) as both`;
          return waiting?.both === true ? true : undefined;
        });
        if (!commits) throw new Error('roll back');
      })
      .catch((error: unknown) => expect(error).toEqual(new Error('roll back')));
    expect(await outcome).toBe(expected);
    await db.owner`alter table address enable trigger trust_move_is_listed`;
  });
});

function resend(email: string, claimId: string): Promise<string> {
  const bounds = { claimSeconds: 60, resends: 3, gapSeconds: 0 };
  return resendCode(db.sql, {
    email,
    addressKey: keyOf(email),
    claimId,
    phc: PHC,
    envelope: randomBytes(8),
    ...bounds,
  });
}

describe('a strike', () => {
  test('is not given back by an error that is thrown after it', async () => {
    const email = 'thrown@example.com';
    const claimId = await claim(email);
    const useCase = async (): Promise<void> => {
      await attempt(email, claimId, false);
      throw new Error('afterwards');
    };
    await expect(useCase()).rejects.toThrow('afterwards');
    expect((await addressRow(db, email))?.strikes).toBe(1);
  });

  test('needs the claim of the guess: a guess at a former claim strikes nothing', async () => {
    const email = 'former@example.com';
    const former = await claim(email);
    await withdrawClaim(db.sql, { email, addressKey: keyOf(email), claimId: former, phc: PHC, requestId: 'r' });
    await claim(email);
    expect((await attempt(email, former, false)).outcome).toBe('another_claim');
    expect((await attempt(email, former)).outcome).toBe('another_claim');
    expect(await addressRow(db, email)).toMatchObject({ strikes: 0, state: 'CLAIMED' });
  });

  test('enters the claim in the ledger once, and its activation takes it out again', async () => {
    const email = 'ledger@example.com';
    const claimId = await claim(email);
    const entries = async () => (await db.owner`select from struck_claim where claim_id = ${claimId}::uuid`).length;
    await attempt(email, claimId, false);
    await attempt(email, claimId, false);
    expect(await entries()).toBe(1);
    await attempt(email, claimId);
    expect(await entries()).toBe(0);
  });
});

describe('the numbers of the domain are the numbers of the database', () => {
  test('quotas an hour and a day', async () => {
    for (const [kind, { perHour, perDay }] of Object.entries(ADDRESS_QUOTAS)) {
      const calls = await db.owner<{ source: string }[]>`
        select prosrc as source from pg_proc where prosrc like ${`%take_address_quota(p_address_key, '${kind}', ${perHour}, ${perDay})%`}`;
      expect([kind, calls.length > 0]).toEqual([kind, true]);
    }
  });

  test('an owner token is valid on its day and six more', async () => {
    const day = await today();
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
    const claimId = await claim(email);
    await attempt(email, claimId);
    await age(db, email, REPLAY_SECONDS - 5);
    expect((await attempt(email, claimId)).outcome).toBe('replayed');
    await age(db, email, 6);
    expect((await attempt(email, claimId)).outcome).toBe('refused_replay');
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

describe('the owner token', () => {
  test('has a quota of its own: five a day, whatever the quota of letters says', async () => {
    const email = 'owner@example.com';
    const ownerTokenDay = await today();
    const outcomes: string[] = [];
    await db.owner`
      insert into address_quota (address_key, kind, hour_started_at, hour_count, day_started_at, day_count, touched_at)
      values (${keyOf(email)}, 'registration_letters', clock_timestamp(), 10, clock_timestamp(), 20, clock_timestamp())`;
    for (let use = 0; use < 6; use++) outcomes.push(await register(db.sql, registration(email, { ownerTokenDay })));
    expect(outcomes).toEqual(['claimed', 'superseded', 'superseded', 'superseded', 'superseded', 'already_claimed']);
  });

  test('supersedes with a new claim and a new password, and the former one opens nothing', async () => {
    const email = 'superseded@example.com';
    const former = await claim(email);
    await register(db.sql, registration(email, { ownerTokenDay: await today(), phc: phcOf('b3RoZXI') }));
    expect((await attempt(email, former)).outcome).toBe('another_claim');
    const present = (await findClaimant(db.sql, email))?.claimId ?? '';
    expect((await attempt(email, present)).outcome).toBe('wrong_password');
    expect((await attempt(email, present, true, phcOf('b3RoZXI'))).outcome).toBe('activated');
  });

  test('does nothing to an active address', async () => {
    const email = 'active@example.com';
    await attempt(email, await claim(email));
    const outcome = await register(db.sql, registration(email, { ownerTokenDay: await today() }));
    expect(outcome).toBe('notified');
    expect((await addressRow(db, email))?.state).toBe('ACTIVE');
  });
});

describe('a user name', () => {
  test('is set at activation if it is free by then, else left out; a claim reserves none', async () => {
    const named = async (email: string) => {
      await register(db.sql, registration(email, { username: 'ada' }));
      return (await findClaimant(db.sql, email))?.claimId ?? '';
    };
    const [first, second] = [await named('first@example.com'), await named('second@example.com')];
    const [one, two] = await Promise.all([attempt('first@example.com', first), attempt('second@example.com', second)]);
    expect([one.account?.username, two.account?.username].sort()).toEqual(['ada', null]);
  });
});

describe('the purge', () => {
  test('works in batches, passes over rows that somebody holds, and leaves nothing of a dead claim', async () => {
    const own = await freshDatabase();
    const busy = postgres(own.superUrl, { max: 1 });
    try {
      const emails = Array.from({ length: 1200 }, (_, index) => `n${index}@example.com`);
      for (const email of emails) await register(own.sql, registration(email));
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
    await attempt(email, await claim(email));
    await purgeOnce(db.sql);
    expect((await addressRow(db, email))?.claimId).not.toBeNull();
    await age(db, email, 61);
    await purgeOnce(db.sql);
    expect(await addressRow(db, email)).toMatchObject({ state: 'ACTIVE', claimId: null });
  });
});
