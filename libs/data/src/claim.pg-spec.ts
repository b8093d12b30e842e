import { Claims, keyOf, phcOf } from '#testing/claims';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { addressRow } from '#testing/rows';

import { muteRegistration } from './mute.ts';

let db: TestDatabase;
let claims: Claims;
beforeAll(async () => {
  db = await freshDatabase();
  claims = new Claims(db);
});
afterAll(() => db.drop());

/** Uses up the letters of an address. */
async function spend(email: string): Promise<void> {
  await db.owner`
    insert into address_quota (address_key, kind, hour_started_at, hour_count, day_started_at, day_count, touched_at)
    values (${keyOf(email)}, 'registration_letters', clock_timestamp(), 10, clock_timestamp(), 20, clock_timestamp())
    on conflict (address_key, kind) do update set hour_count = 10, day_count = 20`;
}

/** What is counted of an address today, by kind. */
async function countsOf(email: string): Promise<Readonly<Record<string, number>>> {
  const rows = await db.owner<{ kind: string; count: number }[]>`
    select kind, day_count as count from address_quota where address_key = ${keyOf(email)}`;
  return Object.fromEntries(rows.map(({ kind, count }) => [kind, count]));
}

describe('a strike', () => {
  test('is not given back by an error that is thrown after it', async () => {
    const email = 'thrown@example.com';
    const claimId = await claims.claim(email);
    const useCase = async (): Promise<void> => {
      await claims.activate(email, claimId, false);
      throw new Error('afterwards');
    };
    await expect(useCase()).rejects.toThrow('afterwards');
    expect((await addressRow(db, email))?.strikes).toBe(1);
  });

  test('needs the claim of the guess: a guess at a former claim strikes nothing', async () => {
    const email = 'former@example.com';
    const former = await claims.claim(email);
    await claims.withdraw(email, former);
    await claims.claim(email);
    expect((await claims.activate(email, former, false)).outcome).toBe('another_claim');
    expect((await claims.activate(email, former)).outcome).toBe('another_claim');
    expect(await addressRow(db, email)).toMatchObject({ strikes: 0, state: 'CLAIMED' });
  });

  test('enters the claim in the ledger once, and its activation takes it out again', async () => {
    const email = 'ledger@example.com';
    const claimId = await claims.claim(email);
    const entries = async () => (await db.owner`select from struck_claim where claim_id = ${claimId}::uuid`).length;
    await claims.activate(email, claimId, false);
    await claims.activate(email, claimId, false);
    expect(await entries()).toBe(1);
    await claims.activate(email, claimId);
    expect(await entries()).toBe(0);
  });
});

describe('the owner token', () => {
  test('has a quota of its own: five a day, whatever the quota of letters says', async () => {
    const email = 'owner@example.com';
    const ownerTokenDay = await claims.today();
    const outcomes: string[] = [];
    await spend(email);
    for (let use = 0; use < 6; use++) outcomes.push(await claims.register(email, { ownerTokenDay }));
    expect(outcomes).toEqual(['claimed', 'superseded', 'superseded', 'superseded', 'superseded', 'already_claimed']);
  });

  test('supersedes with a new claim and a new password, and the former one opens nothing', async () => {
    const email = 'superseded@example.com';
    const former = await claims.claim(email);
    await claims.register(email, { ownerTokenDay: await claims.today(), phc: phcOf('b3RoZXI') });
    expect((await claims.activate(email, former)).outcome).toBe('another_claim');
    const present = await claims.idOf(email);
    expect((await claims.activate(email, present)).outcome).toBe('wrong_password');
    expect((await claims.activate(email, present, true, phcOf('b3RoZXI'))).outcome).toBe('activated');
  });

  test('makes a claim whose letters are counted with it alone, and which no mute silences', async () => {
    const email = 'resending@example.com';
    const ownerTokenDay = await claims.today();
    await spend(email);
    await muteRegistration(db.sql, keyOf(email), ownerTokenDay, 30);
    const claimId = await claims.claim(email, { ownerTokenDay });
    const outcomes: string[] = [];
    for (let use = 0; use < 5; use++) outcomes.push(await claims.resend(email, claimId, { resends: 9 }));
    expect(outcomes).toEqual(['resent', 'resent', 'resent', 'resent', 'over_quota']);
    expect(await countsOf(email)).toEqual({ owner_token: 5, registration_letters: 20 });
  });

  test('of a claim that was made without it changes nothing for its letters', async () => {
    const email = 'stranger@example.com';
    const claimId = await claims.claim(email);
    await muteRegistration(db.sql, keyOf(email), await claims.today(), 30);
    expect(await claims.resend(email, claimId)).toBe('muted');
    await muteRegistration(db.sql, keyOf(email), await claims.today(), 0);
    await spend(email);
    expect(await claims.resend(email, claimId)).toBe('over_quota');
  });

  test('does nothing to an active address', async () => {
    const email = 'active@example.com';
    await claims.activate(email, await claims.claim(email));
    const outcome = await claims.register(email, { ownerTokenDay: await claims.today() });
    expect(outcome).toBe('notified');
    expect((await addressRow(db, email))?.state).toBe('ACTIVE');
  });
});

test('what is claimed in place of a known address is one that nobody can claim before', async () => {
  const email = 'known@example.com';
  await claims.activate(email, await claims.claim(email));
  const decoy = `${Buffer.from(keyOf(email).slice(0, 16)).toString('hex')}@decoy.invalid`;
  expect(await claims.register(decoy)).toBe('claimed');
  expect(await claims.register(email)).toBe('notified');
});

describe('a user name', () => {
  test('is set at activation if it is free by then, else left out; a claim reserves none', async () => {
    const first = await claims.claim('first@example.com', { username: 'ada' });
    const second = await claims.claim('second@example.com', { username: 'ada' });
    const [one, two] = await Promise.all([
      claims.activate('first@example.com', first),
      claims.activate('second@example.com', second),
    ]);
    expect([one.account?.username, two.account?.username].sort()).toEqual(['ada', null]);
  });
});
