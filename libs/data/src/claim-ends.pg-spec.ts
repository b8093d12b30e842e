import { randomUUID } from 'node:crypto';

import { Claims } from '#testing/claims';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { addressRow, leftovers } from '#testing/rows';
import { age } from '#testing/time-travel';

import { purgeOnce } from './purge-once.ts';

let db: TestDatabase;
let claims: Claims;
beforeAll(async () => {
  db = await freshDatabase();
  claims = new Claims(db);
});
afterAll(() => db.drop());

type Act = (email: string, claimId: string) => Promise<unknown>;

const someone = (): string => `${randomUUID()}@example.com`;

async function lettersOf(claimId: string): Promise<number> {
  return (await db.owner`select from letter where claim_id = ${claimId}::uuid`).length;
}

async function strikeOut(email: string, claimId: string): Promise<void> {
  for (const _strike of [1, 2, 3]) await claims.activate(email, claimId, false);
}

describe('what is past its time goes at the next touch of the address', () => {
  const flows: readonly [string, Act][] = [
    ['a registration', (email) => claims.register(email)],
    ['an activation', (email, claimId) => claims.activate(email, claimId)],
    ['a wrong code', (email, claimId) => claims.activate(email, claimId, false)],
    ['a resend', (email, claimId) => claims.resend(email, claimId)],
    ['a withdrawal', (email, claimId) => claims.withdraw(email, claimId)],
  ];

  test.each(flows)('by %s: an overdue claim and its password, whichever claim is named', async (_flow, act) => {
    for (const named of ['this', 'another']) {
      const email = someone();
      const claimId = await claims.claim(email);
      await age(db, email, 61);
      await act(email, named === 'this' ? claimId : randomUUID());
      expect(await db.owner`select from vault.claim_password where claim_id = ${claimId}::uuid`).toHaveLength(0);
      expect((await addressRow(db, email))?.claimId).not.toBe(claimId);
    }
  });

  test.each(flows)('by %s: a locked claim with the key of its audit details', async (_flow, act) => {
    const email = someone();
    const claimId = await claims.claim(email);
    await strikeOut(email, claimId);
    const [locked] = await db.owner<{ subject: string }[]>`
      select subject_id as subject from address where email = ${email} and state = 'LOCKED'`;
    await act(email, claimId);
    expect((await addressRow(db, email))?.state).not.toBe('LOCKED');
    expect(await db.owner`select from audit_subject where id = ${locked?.subject ?? ''}::uuid`).toHaveLength(0);
  });

  test.each(flows)('by %s: the claim of an active address, but not while it may be replayed', async (_flow, act) => {
    const email = someone();
    const claimId = await claims.claim(email);
    await claims.activate(email, claimId);
    await act(email, claimId);
    expect(await addressRow(db, email)).toMatchObject({ state: 'ACTIVE', claimId });
    await age(db, email, 61);
    await act(email, claimId);
    expect(await addressRow(db, email)).toMatchObject({ state: 'ACTIVE', claimId: null });
  });
});

describe('a claim that ends takes its letter along', () => {
  test.each<[string, Act]>([
    ['activation', (email, claimId) => claims.activate(email, claimId)],
    ['withdrawal', (email, claimId) => claims.withdraw(email, claimId)],
    ['the third strike', strikeOut],
    ['its owner’s claim', async (email) => claims.register(email, { ownerTokenDay: await claims.today() })],
    ['the next claim, when it is overdue', (email) => age(db, email, 61).then(() => claims.register(email))],
    ['the next touch, when it is overdue', (email, id) => age(db, email, 61).then(() => claims.resend(email, id))],
    ['the purge', (email) => age(db, email, 61).then(() => purgeOnce(db.sql))],
  ])('by %s', async (_how, end) => {
    const email = someone();
    const claimId = await claims.claim(email);
    await claims.resend(email, claimId);
    expect(await lettersOf(claimId)).toBe(1);
    await end(email, claimId);
    expect(await lettersOf(claimId)).toBe(0);
  });
});

test('a claim that ends leaves nothing but its events', async () => {
  await purgeOnce(db.sql);
  const before = await leftovers(db);
  const email = someone();
  const claimId = await claims.claim(email);
  await claims.withdraw(email, claimId);
  await strikeOut(email, await claims.claim(email));
  await age(db, email, 1);
  await purgeOnce(db.sql);
  expect(await leftovers(db)).toEqual(before);
});
