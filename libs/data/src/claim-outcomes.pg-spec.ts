import { randomBytes, randomUUID } from 'node:crypto';

import { ADDRESS_QUOTAS } from '#domain/quota';
import { Claims, keyOf, phcOf } from '#testing/claims';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { addressRow } from '#testing/rows';
import { age, ageQuotas } from '#testing/time-travel';
import { inTurn } from '#testing/turns';

import { muteRegistration } from './mute.ts';

let db: TestDatabase;
let claims: Claims;
beforeAll(async () => {
  db = await freshDatabase();
  claims = new Claims(db);
});
afterAll(() => db.drop());

const OTHER_PHC = phcOf('b3RoZXI');
const LETTERS = ADDRESS_QUOTAS.registration_letters;
const someone = (): string => `${randomUUID()}@example.com`;

const mute = async (email: string, days = 30) => muteRegistration(db.sql, keyOf(email), await claims.today(), days);
const spend = (email: string) => db.owner`update address_quota set day_count = 99 where address_key = ${keyOf(email)}`;
const activate = (email: string, claimId: string, codeIsRight = true, phc?: string) =>
  claims.activate(email, claimId, codeIsRight, phc).then(({ outcome }) => outcome);

interface Flow {
  readonly name: string;
  /** What happens to a claimed address first. */
  readonly given?: (email: string, claimId: string) => Promise<unknown>;
  readonly act: (email: string, claimId: string) => Promise<string>;
  readonly outcome: string;
}

const none = (email: string, claimId: string) => claims.withdraw(email, claimId);
const active = (email: string, claimId: string) => activate(email, claimId);
const late = (email: string) => age(db, email, 61);
const strike = (times: number) => (email: string, claimId: string) =>
  inTurn(times, () => activate(email, claimId, false));
const key = () => ({ idempotencyScope: randomBytes(32), fingerprint: randomBytes(32) });
const twice = (change: object) => async (email: string) => {
  const first = key();
  await claims.register(email, first);
  await stale(email);
  return claims.register(email, { ...first, ...change });
};
const register = (email: string) => claims.register(email);
const owned = async (email: string) => claims.register(email, { ownerTokenDay: await claims.today() });
const resend = (email: string, claimId: string) => claims.resend(email, claimId);
const withdraw = (email: string, claimId: string) => claims.withdraw(email, claimId);

const FLOWS: readonly Flow[] = [
  { name: 'a registration', given: none, act: register, outcome: 'claimed' },
  { name: 'a registration', given: late, act: register, outcome: 'claimed' },
  { name: 'a registration', act: register, outcome: 'already_claimed' },
  { name: 'a registration', act: owned, outcome: 'superseded' },
  { name: 'a registration', given: active, act: register, outcome: 'notified' },
  {
    name: 'a registration of a muted address',
    given: (email, id) => none(email, id).then(() => mute(email)),
    act: register,
    outcome: 'muted',
  },
  {
    name: 'a registration of a muted account',
    given: (email, id) => active(email, id).then(() => mute(email)),
    act: register,
    outcome: 'muted',
  },
  {
    name: 'a registration of an address',
    given: (email, id) => none(email, id).then(() => spend(email)),
    act: register,
    outcome: 'over_quota',
  },
  {
    name: 'a registration of an account',
    given: (email, id) => active(email, id).then(() => register(email)),
    act: register,
    outcome: 'over_quota',
  },
  { name: 'a registration', act: twice({}), outcome: 'replay' },
  { name: 'a registration', act: twice({ fingerprint: randomBytes(32) }), outcome: 'conflict' },
  { name: 'an activation', given: none, act: activate, outcome: 'no_claim' },
  { name: 'an activation', act: (email) => activate(email, randomUUID()), outcome: 'another_claim' },
  { name: 'an activation', act: activate, outcome: 'activated' },
  { name: 'an activation', given: late, act: activate, outcome: 'expired' },
  { name: 'an activation', act: (email, id) => activate(email, id, true, OTHER_PHC), outcome: 'wrong_password' },
  { name: 'an activation', act: (email, id) => activate(email, id, false), outcome: 'struck' },
  { name: 'an activation', given: strike(2), act: (email, id) => activate(email, id, false), outcome: 'struck_out' },
  { name: 'an activation', given: active, act: activate, outcome: 'replayed' },
  { name: 'an activation', given: active, act: (email, id) => activate(email, id, false), outcome: 'refused_replay' },
  { name: 'a resend', given: none, act: resend, outcome: 'no_claim' },
  { name: 'a resend', given: late, act: resend, outcome: 'expired' },
  { name: 'a resend', act: (email, id) => claims.resend(email, id, { phc: OTHER_PHC }), outcome: 'wrong_password' },
  { name: 'a resend', act: (email, id) => claims.resend(email, id, { resends: 0 }), outcome: 'resends_used_up' },
  { name: 'a resend', act: (email, id) => claims.resend(email, id, { gapSeconds: 15 }), outcome: 'too_soon' },
  { name: 'a resend', given: (email) => mute(email), act: resend, outcome: 'muted' },
  { name: 'a resend', given: spend, act: resend, outcome: 'over_quota' },
  { name: 'a resend', act: resend, outcome: 'resent' },
  { name: 'a withdrawal', given: none, act: withdraw, outcome: 'no_claim' },
  { name: 'a withdrawal', given: late, act: withdraw, outcome: 'expired' },
  { name: 'a withdrawal', act: (email, id) => claims.withdraw(email, id, OTHER_PHC), outcome: 'wrong_password' },
  { name: 'a withdrawal', act: withdraw, outcome: 'withdrawn' },
];

/** Makes the row that every flow touches look as if nobody had for a day. */
const stale = (email: string) => db.owner`
  update address_quota set touched_at = touched_at - interval '1 day' where address_key = ${keyOf(email)}`;
const isTouched = async (email: string) =>
  (
    await db.owner`
      select from address_quota
       where address_key = ${keyOf(email)} and kind = 'registration_letters'
         and touched_at > clock_timestamp() - interval '1 hour'`
  ).length === 1;

describe('every outcome of every flow touches the quota of its address', () => {
  test.each(FLOWS)('$name: $outcome', async ({ given, act, outcome }) => {
    const email = someone();
    const claimId = await claims.claim(email);
    await given?.(email, claimId);
    await stale(email);
    expect(await isTouched(email)).toBe(false);
    expect(await act(email, claimId)).toBe(outcome);
    expect(await isTouched(email)).toBe(true);
  });

  test.each<[string, Flow['act']]>([
    ['a registration', register],
    ['an activation', activate],
    ['a resend', resend],
    ['a withdrawal', withdraw],
  ])('%s of an address that nobody knows', async (_name, act) => {
    const email = someone();
    await act(email, randomUUID());
    expect(await isTouched(email)).toBe(true);
  });
});

describe('a resend', () => {
  test('counts as a letter: with the claim’s own, as many as an hour and a day have', async () => {
    const email = someone();
    const claimId = await claims.claim(email);
    const sent = async () => {
      const outcomes = await inTurn(LETTERS.perDay, () => claims.resend(email, claimId, { resends: 99 }));
      return outcomes.filter((outcome) => outcome === 'resent').length;
    };
    expect(await sent()).toBe(LETTERS.perHour - 1);
    await ageQuotas(db, 3_601);
    expect(await sent()).toBe(LETTERS.perDay - LETTERS.perHour);
    await ageQuotas(db, 3_601);
    expect(await sent()).toBe(0);
  });

  test.each(['muted', 'over_quota'])('that is %s changes neither deadline nor letter nor count', async (outcome) => {
    const email = someone();
    const claimId = await claims.claim(email);
    const held = async () => [
      (await addressRow(db, email))?.resends,
      ...(await db.owner<{ id: string; until: Date; deadline: Date }[]>`
        select letter.id, window_closes_at as until, expires_at as deadline
          from letter join address on address.claim_id = letter.claim_id
         where address.email = ${email}`),
    ];
    const before = await held();
    await (outcome === 'muted' ? mute(email) : spend(email));
    expect(await claims.resend(email, claimId)).toBe(outcome);
    expect(await held()).toEqual(before);
    expect(before).toHaveLength(2);
  });
});

test('a mute silences the notice to an active address, and its end lets it come', async () => {
  const email = someone();
  await activate(email, await claims.claim(email));
  const letters = async () => (await db.owner`select from letter where address_key = ${keyOf(email)}`).length;
  await mute(email, 1);
  expect(await claims.register(email)).toBe('muted');
  expect(await letters()).toBe(0);
  await mute(email, 0);
  expect(await claims.register(email)).toBe('notified');
  expect(await letters()).toBe(1);
});
