import { randomBytes } from 'node:crypto';

import { Claims, keyOf, phcOf } from '#testing/claims';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { linkTokenOf, race } from '#testing/races';

import { disownChange, resetPassword } from './account-token.ts';
import { logIn } from './login.ts';
import { changePassword, requestPasswordReset } from './password.ts';
import { endReusedSession, endSessions, findSession, refreshSession } from './session.ts';

const ROUNDS = 1_000;
const [FORMER, NEW, OTHER] = [phcOf('aGFzaGhhc2g'), phcOf('bmV3bmV3bmV3'), phcOf('b3RoZXJvdGhlcg')];

jest.setTimeout(300_000);

let db: TestDatabase;
let claims: Claims;
beforeAll(async () => {
  db = await freshDatabase();
  claims = new Claims(db);
});
afterAll(() => db.drop());

/** An account with the former password and two sessions. */
interface Account {
  readonly email: string;
  readonly accountId: string;
  readonly own: string;
  readonly other: string;
}

let people = 0;
async function account(): Promise<Account> {
  const email = `racer${++people}@example.com`;
  const { account: made } = await claims.activate(email, await claims.claim(email));
  const accountId = made?.accountId ?? '';
  const [own, other] = [await logInWith(accountId, FORMER), await logInWith(accountId, FORMER)];
  return { email, accountId, own: own ?? '', other: other ?? '' };
}

const newBudgets = () => ({ addressBudget: randomBytes(32), sourceBudget: randomBytes(32) });

/** Resolves to the id of the session; undefined when it is refused. */
async function logInWith(
  accountId: string,
  phc: string,
  budgets: { readonly deviceBudget?: Uint8Array } & ReturnType<typeof newBudgets> = newBudgets(),
): Promise<string | undefined> {
  const login = await logIn(db.sql, {
    deviceBudget: null,
    ...budgets,
    accountId,
    phc,
    credentialVersion: 1,
    deviceName: null,
    requestId: 'r',
    sealedDetails: null,
  });
  return login.session?.sessionId;
}

const tokenFor = ({ accountId }: Account, purpose: 'password_reset' | 'not_me'): Promise<string> =>
  linkTokenOf(db, accountId, purpose);

const act = ({ email }: Account) => ({
  requestId: 'r',
  sealedDetails: null,
  addressKey: keyOf(email),
  envelope: randomBytes(8),
});
const reset = (of: Account, token: string, budgets = newBudgets()) =>
  resetPassword(db.sql, token, { ...act(of), ...budgets, phc: NEW });
const change = (of: Account, sessionId: string, phc = NEW) =>
  changePassword(db.sql, {
    ...act(of),
    accountId: of.accountId,
    email: of.email,
    sessionId,
    currentPhc: null,
    phc,
    budget: randomBytes(32),
  });
const requestReset = ({ email }: Account) =>
  requestPasswordReset(db.sql, {
    email,
    addressKey: keyOf(email),
    ownerTokenDay: null,
    envelope: randomBytes(8),
    idempotencyScope: null,
    fingerprint: null,
  });

async function sessionsOf({ accountId }: Account): Promise<readonly string[]> {
  const rows = await db.owner<{ id: string }[]>`select id from session where account_id = ${accountId}::uuid`;
  return rows.map(({ id }) => id);
}

async function passwordOf({ accountId }: Account): Promise<string | undefined> {
  const [row] = await db.owner<{ phc: string }[]>`
    select phc from vault.account_password where account_id = ${accountId}::uuid`;
  return row?.phc;
}

/** How often each outcome was seen, so that a race that is none does not pass for one. */
class Tally {
  readonly seen = new Map<string, number>();

  count(what: string): void {
    this.seen.set(what, (this.seen.get(what) ?? 0) + 1);
  }
}

test('no log-in with the former password and no refresh that races a reset survives it', async () => {
  const tally = new Tally();
  for (let round = 0; round < ROUNDS; round++) {
    const ada = await account();
    const token = await tokenFor(ada, 'password_reset');
    const { login, late } = await race<unknown>({
      reset: () => reset(ada, token),
      login: () => logInWith(ada.accountId, FORMER),
      late: () => logInWith(ada.accountId, FORMER),
      refresh: () => refreshSession(db.sql, ada.own, 1, 0),
      again: () => refreshSession(db.sql, ada.other, 1, 10),
    });
    tally.count(login === undefined && late === undefined ? 'reset first' : 'log-in first');
    expect(await sessionsOf(ada)).toEqual([]);
    expect(await passwordOf(ada)).toBe(NEW);
    expect(await findSession(db.sql, ada.own)).toBeUndefined();
  }
  expect([...tally.seen.keys()].sort()).toEqual(['log-in first', 'reset first']);
});

test('of a change and what races it, the session that changes alone survives, and its refresh does too', async () => {
  const tally = new Tally();
  for (let round = 0; round < ROUNDS; round++) {
    const ada = await account();
    const { login, refreshed, changed } = await race<unknown>({
      changed: () => change(ada, ada.own),
      login: () => logInWith(ada.accountId, FORMER),
      refreshed: () => refreshSession(db.sql, ada.own, 1, 0),
      other: () => refreshSession(db.sql, ada.other, 1, 0),
    });
    tally.count(login === undefined ? 'change first' : 'log-in first');
    expect(changed).toMatchObject({ outcome: 'changed' });
    expect(refreshed).toMatchObject({ outcome: 'rotated' });
    expect(await sessionsOf(ada)).toEqual([ada.own]);
    expect(await findSession(db.sql, ada.own)).toMatchObject({ generation: 2 });
    expect(await passwordOf(ada)).toBe(NEW);
  }
  expect([...tally.seen.keys()].sort()).toEqual(['change first', 'log-in first']);
});

test('a session that a reset or its owner ended changes no password any more', async () => {
  const tally = new Tally();
  for (let round = 0; round < ROUNDS; round++) {
    const ada = await account();
    const token = await tokenFor(ada, 'password_reset');
    const { changed } = await race<unknown>({
      reset: () => reset(ada, token),
      changed: () => change(ada, ada.own, OTHER),
    });
    const { outcome } = changed as { outcome: string };
    tally.count(outcome);
    // Whoever changes first voids the token.
    expect(await passwordOf(ada)).toBe(outcome === 'changed' ? OTHER : NEW);
  }
  expect([...tally.seen.keys()].sort()).toEqual(['changed', 'session_over']);
  const ada = await account();
  await endSessions(db.sql, ada.accountId, ada.other, { requestId: 'r', sealedDetails: null });
  expect(await change(ada, ada.own, OTHER)).toMatchObject({ outcome: 'session_over' });
  expect(await passwordOf(ada)).toBe(FORMER);
});

test('one link resets once, and of one that is asked for meanwhile the newest alone is good', async () => {
  for (let round = 0; round < ROUNDS / 50; round++) {
    const ada = await account();
    const token = await tokenFor(ada, 'password_reset');
    const resets = await Promise.all([
      ...Array.from({ length: 20 }, () => reset(ada, token)),
      ...Array.from({ length: 3 }, () => requestReset(ada).then(() => false)),
    ]);
    expect(resets.filter(Boolean).length).toBeLessThanOrEqual(1);
    const left = await db.owner`
      select from account_token where account_id = ${ada.accountId}::uuid and purpose = 'password_reset'`;
    expect(left).toHaveLength(1);
    expect(await reset(ada, token)).toBe(false);
  }
});

test('log-ins with and without a device from one source never wait for each other in a circle', async () => {
  const ada = await account();
  const budgets = newBudgets();
  const known = { ...budgets, deviceBudget: randomBytes(32) };
  for (let round = 0; round < ROUNDS / 5; round++) {
    await logInWith(ada.accountId, OTHER, budgets);
    const { device } = await race<unknown>({
      device: () => logInWith(ada.accountId, FORMER, known),
      plain: () => logInWith(ada.accountId, FORMER, budgets),
      again: () => logInWith(ada.accountId, FORMER, budgets),
    });
    expect(device).toBeDefined();
  }
});

test('everything that touches an account at once comes to an end, none by a deadlock', async () => {
  for (let round = 0; round < ROUNDS / 10; round++) {
    const ada = await account();
    const budgets = newBudgets();
    await logInWith(ada.accountId, OTHER, budgets);
    const [link, notMe] = [await tokenFor(ada, 'password_reset'), await tokenFor(ada, 'not_me')];
    await race<unknown>({
      reset: () => reset(ada, link, budgets),
      disown: () => disownChange(db.sql, notMe, act(ada)),
      change: () => change(ada, ada.own, OTHER),
      request: () => requestReset(ada),
      again: () => requestReset(ada),
      login: () => logInWith(ada.accountId, FORMER, budgets),
      fail: () => logInWith(ada.accountId, OTHER, budgets),
      failAgain: () => logInWith(ada.accountId, OTHER, budgets),
      refresh: () => refreshSession(db.sql, ada.own, 1, 0),
      reused: () => endReusedSession(db.sql, ada.other, act(ada)),
      end: () => endSessions(db.sql, ada.accountId, ada.own, { requestId: 'r', sealedDetails: null }),
      register: () => claims.register(ada.email),
    });
  }
});
