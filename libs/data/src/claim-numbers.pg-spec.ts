import { randomBytes } from 'node:crypto';

import { ACCOUNT_TOKEN_SECONDS, FROZEN_HOURS } from '#domain/account-token';
import { LEDGER } from '#domain/ledger';
import { ADDRESS_QUOTAS, LONGEST_MUTE_DAYS, OWNER_TOKEN_DAYS, REPLAY_SECONDS } from '#domain/quota';
import { Claims, keyOf, phcOf } from '#testing/claims';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { Moves, type Mover } from '#testing/moves';
import { age, ageQuotas } from '#testing/time-travel';
import { inTurn } from '#testing/turns';

import { disownChange, findTokenAccount, resetPassword } from './account-token.ts';
import { muteRegistration } from './mute.ts';
import { requestPasswordReset } from './password.ts';

const ACT = { requestId: 'r', sealedDetails: null, addressKey: null, envelope: null };
const BUDGETS = { addressBudget: randomBytes(32), sourceBudget: randomBytes(32) };
const RESET = { ...ACT, ...BUDGETS, phc: phcOf('bmV3aGFzaA') };
/** Quotas of addresses that have no account yet. */
const OF_CLAIMS = ['registration_letters', 'owner_token', 'email_change_letters'];

let db: TestDatabase;
let claims: Claims;
let moves: Moves;
let mover: Mover;
beforeAll(async () => {
  db = await freshDatabase();
  claims = new Claims(db);
  moves = new Moves(db);
  mover = await moves.account('mover@example.com');
});
afterAll(() => db.drop());

/** Writes a notice to the account of an address; false when there is no quota left. */
async function notice(kind: string, email: string): Promise<boolean> {
  await db.owner`delete from letter where address_key = ${keyOf(email)}`;
  await db.sql`
    select write_notice(${kind}, account_id, ${keyOf(email)}::bytea, '\\x00') from address where email = ${email}`;
  return (await db.owner`select from letter where address_key = ${keyOf(email)}`).length === 1;
}

const reset = (email: string, ownerTokenDay: number | null) =>
  requestPasswordReset(db.sql, {
    email,
    addressKey: keyOf(email),
    ownerTokenDay,
    envelope: randomBytes(8),
    idempotencyScope: null,
    fingerprint: null,
  });

describe('the numbers of the domain are the numbers of the database', () => {
  const uses: Readonly<Record<keyof typeof ADDRESS_QUOTAS, (email: string) => Promise<boolean>>> = {
    registration_letters: async (email) => {
      await claims.withdraw(email, await claims.idOf(email));
      return (await claims.register(email)) === 'claimed';
    },
    owner_token: async (email) =>
      (await claims.register(email, { ownerTokenDay: await claims.today() })) === 'superseded',
    already_registered: async (email) => (await claims.register(email)) === 'notified',
    session_reused: (email) => notice('session_reused', email),
    password_changed: (email) => notice('password_changed', email),
    email_changes: async (email) =>
      (await moves.request(mover, 'wanted@example.com', { accountKey: keyOf(email) })) !== 'over_limit',
    email_change_letters: async (email) =>
      (await moves.request(mover, email, { accountKey: randomBytes(32) })) === 'mailed',
    deletion_scheduled: (email) => notice('deletion_scheduled', email),
    reset_letters: async (email) => (await reset(email, null)) === 'mailed',
    reset_owner_token: async (email) => {
      await reset(email, await claims.today());
      const [used] = await db.owner`
        delete from address_quota where address_key = ${keyOf(email)} and kind = 'reset_letters' returning true as used`;
      return used === undefined;
    },
  };

  test.each(Object.entries(ADDRESS_QUOTAS))('the quota %s of an hour and a day', async (kind, { perHour, perDay }) => {
    const email = `${kind.replaceAll('_', '-')}@example.com`;
    const claimId = await claims.claim(email);
    if (!OF_CLAIMS.includes(kind)) await claims.activate(email, claimId);
    await db.owner`delete from address_quota where address_key = ${keyOf(email)}`;
    const granted = async (): Promise<number> => {
      const outcomes = await inTurn(perDay + 1, () => uses[kind as keyof typeof uses](email));
      return outcomes.filter(Boolean).length;
    };
    expect(await granted()).toBe(perHour);
    await ageQuotas(db, 3_599);
    expect(await granted()).toBe(0);
    await ageQuotas(db, 2);
    expect(await granted()).toBe(Math.min(perHour, perDay - perHour));
    await ageQuotas(db, 3_601);
    expect(await granted()).toBe(Math.min(perHour, Math.max(0, perDay - 2 * perHour)));
    await ageQuotas(db, 86_400);
    expect(await granted()).toBe(perHour);
  });

  test.each([
    ['of today', 0, true, true],
    ['of its last day', OWNER_TOKEN_DAYS, true, true],
    ['of the day after', OWNER_TOKEN_DAYS + 1, false, true],
    ['whose last mute ends today', OWNER_TOKEN_DAYS + LONGEST_MUTE_DAYS, false, true],
    ['whose last mute has ended', OWNER_TOKEN_DAYS + LONGEST_MUTE_DAYS + 1, false, false],
    ['of tomorrow', -1, false, false],
  ])(
    'an owner token %s claims and mutes, or only unmutes, or does nothing',
    async (_which, daysAgo, opens, unmutes) => {
      const email = `token${daysAgo}@example.com`;
      const today = await claims.today();
      const ownerTokenDay = today - daysAgo;
      await claims.claim(email);
      expect(await claims.register(email, { ownerTokenDay })).toBe(opens ? 'superseded' : 'already_claimed');
      const isMuted = async () =>
        (await db.owner`select from registration_mute where address_key = ${keyOf(email)}`).length === 1;
      await muteRegistration(db.sql, keyOf(email), ownerTokenDay, 1);
      expect(await isMuted()).toBe(opens);
      await muteRegistration(db.sql, keyOf(email), today, 1);
      await muteRegistration(db.sql, keyOf(email), ownerTokenDay, 0);
      expect(await isMuted()).toBe(!unmutes);
    },
  );

  test.each([
    ['password_reset', (tokenId: string) => resetPassword(db.sql, tokenId, RESET)],
    ['not_me', (tokenId: string) => disownChange(db.sql, tokenId, ACT)],
  ] as const)('a token for %s is good for its seconds, and not longer', async (purpose, take) => {
    for (const isLate of [false, true]) {
      const email = `${purpose}-${isLate ? 'late' : 'timely'}@example.com`.replaceAll('_', '-');
      await claims.activate(email, await claims.claim(email));
      await (purpose === 'password_reset' ? reset(email, null) : notice('password_changed', email));
      const passed = ACCOUNT_TOKEN_SECONDS[purpose] + (isLate ? 0 : -5);
      const [token] = await db.owner<{ id: string }[]>`
        update account_token set expires_at = expires_at - make_interval(secs => ${passed}::int)
         where account_id = (select account_id from address where email = ${email}) returning id`;
      expect((await findTokenAccount(db.sql, token?.id ?? '', purpose))?.email).toBe(isLate ? undefined : email);
      expect(await take(token?.id ?? '')).toBe(!isLate);
    }
  });

  test('what an account proves itself by is frozen for a day', async () => {
    const email = 'frozen@example.com';
    await claims.activate(email, await claims.claim(email));
    await notice('password_changed', email);
    const [token] = await db.owner<{ id: string }[]>`
      select account_token.id from account_token join address using (account_id) where email = ${email}`;
    await disownChange(db.sql, token?.id ?? '', ACT);
    const [account] = await db.owner<{ hours: number }[]>`
      select extract(epoch from changes_frozen_until - clock_timestamp())::float8 / 3600 as hours
        from account where id = (select account_id from address where email = ${email})`;
    expect(account?.hours).toBeCloseTo(FROZEN_HOURS, 1);
  });

  test.each([1, LONGEST_MUTE_DAYS])('a mute of %d days lasts them, and not longer', async (days) => {
    const email = `muted${days}@example.com`;
    await muteRegistration(db.sql, keyOf(email), await claims.today(), days);
    const later = (seconds: number) => db.owner`
      update registration_mute set muted_until = muted_until - make_interval(secs => ${seconds}::int)
       where address_key = ${keyOf(email)}`;
    await later(days * 86_400 - 60);
    expect(await claims.register(email)).toBe('muted');
    await later(60);
    expect(await claims.register(email)).toBe('claimed');
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
