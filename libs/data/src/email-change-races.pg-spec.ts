import { randomBytes } from 'node:crypto';

import { Claims, keyOf, phcOf } from '#testing/claims';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { Moves, type Mover } from '#testing/moves';
import { linkTokenOf, race } from '#testing/races';
import { times } from '#testing/turns';

import { disownChange, resetPassword } from './account-token.ts';
import { cancelEmailChange } from './email-change.ts';
import { requestPasswordReset } from './password.ts';
import { changeProfile } from './profile.ts';
import { purgeEmailChanges } from './purge.ts';
import { endSessions, findSession, refreshSession } from './session.ts';

const ROUNDS = 200;
const NEW = phcOf('bmV3bmV3bmV3');

jest.setTimeout(300_000);

let db: TestDatabase;
let claims: Claims;
let moves: Moves;
beforeAll(async () => {
  db = await freshDatabase();
  [claims, moves] = [new Claims(db), new Moves(db)];
});
afterAll(() => db.drop());

let people = 0;
const elsewhere = (): string => `there${++people}@example.net`;

/** An account with a change that waits for its code. */
async function waiting() {
  const ada = await moves.account(`racer${++people}@example.com`);
  const there = elsewhere();
  await moves.request(ada, there);
  const changeId = await moves.changeOf(ada);
  return { ada, there, changeId, confirm: () => moves.confirm(ada, changeId, there) };
}

const ACT = { requestId: 'r', sealedDetails: null };
const act = (email: string) => ({ ...ACT, addressKey: keyOf(email), envelope: randomBytes(8) });

const tokenFor = ({ accountId }: Mover, purpose: 'password_reset' | 'not_me'): Promise<string> =>
  linkTokenOf(db, accountId, purpose);

const reset = (email: string, token: string) =>
  resetPassword(db.sql, token, {
    ...act(email),
    phc: NEW,
    addressBudget: randomBytes(32),
    sourceBudget: randomBytes(32),
  });

const addressesOf = async ({ accountId }: Mover): Promise<readonly string[]> => {
  const rows = await db.owner<{ email: string }[]>`
    select email from address where account_id = ${accountId}::uuid and state = 'ACTIVE'`;
  return rows.map(({ email }) => email);
};
const sessionsOf = async ({ accountId }: Mover): Promise<readonly string[]> => {
  const rows = await db.owner<{ id: string }[]>`select id from session where account_id = ${accountId}::uuid`;
  return rows.map(({ id }) => id);
};

test('of a change and what races it, the session that confirms alone survives, and its refresh does too', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const { ada, there, confirm } = await waiting();
    const other = (await moves.logIn(ada.accountId)) ?? '';
    const outcomes = await race<unknown>({
      confirm,
      login: () => moves.logIn(ada.accountId, 1),
      refreshed: () => refreshSession(db.sql, ada.sessionId, 1, 0),
      other: () => refreshSession(db.sql, other, 1, 0),
    });
    expect(outcomes).toMatchObject({ confirm: 'changed', refreshed: { outcome: 'rotated' } });
    expect([await addressesOf(ada), await findSession(db.sql, other)]).toEqual([[there], undefined]);
    expect(await findSession(db.sql, ada.sessionId)).toMatchObject({ generation: 2, email: there });
    // A log-in that began before the change is over from its beginning, in whatever order they end.
    const left = await sessionsOf(ada);
    const alive = await Promise.all(left.map((id) => findSession(db.sql, id)));
    expect(alive.filter(Boolean)).toHaveLength(1);
    seen.add(left.length === 1 ? 'log-in first' : 'change first');
  }
  expect([...seen].sort()).toEqual(['change first', 'log-in first']);
});

test('of a change and a reset by the former address, one comes first and ends the other', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const { ada, there, confirm } = await waiting();
    const token = await tokenFor(ada, 'password_reset');
    const outcomes = await race<unknown>({ confirm, reset: () => reset(ada.email, token) });
    if (outcomes.reset === true) {
      expect(['session_over', 'no_change']).toContain(outcomes.confirm);
      expect([await addressesOf(ada), await sessionsOf(ada)]).toEqual([[ada.email], []]);
    } else {
      expect(outcomes).toEqual({ confirm: 'changed', reset: false });
      expect(await addressesOf(ada)).toEqual([there]);
    }
    seen.add(String(outcomes.reset));
  }
  expect([...seen].sort()).toEqual(['false', 'true']);
});

test('of a change and the revert of the one before, the revert always wins', async () => {
  const seen = new Set<unknown>();
  for (let round = 0; round < ROUNDS; round++) {
    const ada = await moves.account(`racer${++people}@example.com`);
    const [second, third] = [{ ...ada, email: elsewhere() }, elsewhere()];
    const token = await moves.move(ada, second.email);
    await moves.request(second, third);
    const changeId = await moves.changeOf(second);
    const { revert, confirm } = await race<unknown>({
      revert: () => moves.revert(ada, token, ada.email),
      confirm: () => moves.confirm(second, changeId, third),
      login: () => moves.logIn(ada.accountId, 2),
    });
    expect([revert, await addressesOf(ada)]).toEqual(['reverted', [ada.email]]);
    const alive = await Promise.all((await sessionsOf(ada)).map((id) => findSession(db.sql, id)));
    expect([alive.filter(Boolean), await moves.newestToken(ada)]).toEqual([[], '']);
    seen.add(confirm);
  }
  expect(seen).toContain('changed');
  expect(seen.size).toBeGreaterThan(1);
});

test('two who want each other’s address, and two who want one, come to an end with an address each', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const [ada, bob, wanted] = [await waiting(), await waiting(), elsewhere()];
    // The address of the other is taken at present: whether it will be when the code comes, the race decides.
    await moves.request(ada.ada, round % 2 === 0 ? bob.ada.email : wanted);
    await moves.request(bob.ada, round % 2 === 0 ? ada.ada.email : wanted);
    const [adas, bobs] = [await moves.changeOf(ada.ada), await moves.changeOf(bob.ada)];
    const outcomes = await race<string>({
      ada: () => moves.confirm(ada.ada, adas, round % 2 === 0 ? bob.ada.email : wanted),
      bob: () => moves.confirm(bob.ada, bobs, round % 2 === 0 ? ada.ada.email : wanted),
    });
    const held = [...(await addressesOf(ada.ada)), ...(await addressesOf(bob.ada))];
    expect(new Set(held).size).toBe(2);
    const ends = Object.values(outcomes).sort().join();
    expect(ends).toBe(round % 2 === 0 ? 'taken,taken' : 'changed,taken');
    seen.add(ends);
  }
  expect(seen.size).toBe(2);
});

test('of a change and the activation of a claim on the new address one gets it', async () => {
  const seen = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const { ada, there, confirm } = await waiting();
    const claimId = await claims.claim(there);
    const { confirmed, activated } = await race<string>({
      confirmed: confirm,
      activated: async () => (await claims.activate(there, claimId)).outcome,
      registered: () => claims.register(there),
      former: () => claims.register(ada.email),
    });
    const isChanged = confirmed === 'changed';
    expect(isChanged ? ['no_claim', 'another_claim'] : ['activated']).toContain(activated);
    if (!isChanged) expect(confirmed).toBe('taken');
    expect(await addressesOf(ada)).toEqual([isChanged ? there : ada.email]);
    const passwords = await db.owner`
      select from vault.claim_password join address using (claim_id) where email in (${there}, ${ada.email}) and state <> 'CLAIMED'`;
    expect(passwords).toEqual([]);
    seen.add(confirmed ?? '');
  }
  expect([...seen].sort()).toEqual(['changed', 'taken']);
});

test('of guesses at once three are judged; of right codes and reverts at once one of each is taken', async () => {
  for (let round = 0; round < 5; round++) {
    const guessed = await waiting();
    const guesses = await times(60, () => moves.confirm(guessed.ada, guessed.changeId, guessed.there, false));
    expect(guesses.filter((outcome) => outcome !== 'no_change').sort()).toEqual([
      'struck_out',
      'wrong_code',
      'wrong_code',
    ]);
    const { ada, confirm } = await waiting();
    const outcomes = await times(50, confirm);
    expect(outcomes.filter((outcome) => outcome === 'changed')).toHaveLength(1);
    const token = await moves.newestToken(ada);
    const reverts = await times(50, () => moves.revert(ada, token, ada.email));
    expect(reverts.filter((outcome) => outcome === 'reverted')).toHaveLength(1);
    expect(await addressesOf(ada)).toEqual([ada.email]);
  }
});

test('everything that touches an account and its addresses at once comes to an end, none by a deadlock', async () => {
  for (let round = 0; round < ROUNDS / 2; round++) {
    const ada = await moves.account(`racer${++people}@example.com`);
    const second = { ...ada, email: elsewhere() };
    const token = await moves.move(ada, second.email);
    const third = elsewhere();
    await moves.request(second, third);
    const changeId = await moves.changeOf(second);
    const [link, notMe] = [await tokenFor(second, 'password_reset'), await tokenFor(second, 'not_me')];
    const requestReset = (email: string) =>
      requestPasswordReset(db.sql, {
        email,
        addressKey: keyOf(email),
        ownerTokenDay: null,
        envelope: randomBytes(8),
        idempotencyScope: null,
        fingerprint: null,
      });
    const nothing = { username: null, displayName: 'Ada', birthdate: null, locale: null };
    await race<unknown>({
      revert: () => moves.revert(ada, token, ada.email),
      confirm: () => moves.confirm(second, changeId, third),
      guess: () => moves.confirm(second, changeId, third, false),
      request: () => moves.request(second, elsewhere()),
      taken: () => moves.request(second, ada.email),
      cancel: () => cancelEmailChange(db.sql, ada.accountId, ada.sessionId),
      reset: () => reset(second.email, link),
      disown: () => disownChange(db.sql, notMe, act(second.email)),
      forgot: () => requestReset(second.email),
      forgotFormer: () => requestReset(ada.email),
      login: () => moves.logIn(ada.accountId),
      refresh: () => refreshSession(db.sql, ada.sessionId, 1, 0),
      end: () => endSessions(db.sql, ada.accountId, ada.sessionId, ACT),
      profile: () => changeProfile(db.sql, { ...nothing, ...ada, revisions: null, fields: ['display_name'] }),
      register: () => claims.register(ada.email),
      registerNew: () => claims.register(third),
      purge: () => purgeEmailChanges(db.sql, 50),
    });
    expect(await addressesOf(ada)).toHaveLength(1);
  }
});
