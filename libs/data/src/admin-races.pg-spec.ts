import { randomBytes } from 'node:crypto';

import { Claims, keyOf, phcOf } from '#testing/claims';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { raceInTurn } from '#testing/races';
import { times } from '#testing/turns';

import { changeUser, endUserSessions, reinstateAccount, suspendAccount, type AdminAct } from './admin.ts';
import { createAdmin } from './create-admin.ts';
import { findLoginByEmail, logIn } from './login.ts';
import { findSession, refreshSession } from './session.ts';

jest.setTimeout(120_000);

const ROUNDS = 200;
const PHC = phcOf('cmlnaHQ');
const NO_KEY = { idempotencyScope: null, fingerprint: null };

let db: TestDatabase;
beforeAll(async () => {
  db = await freshDatabase();
});
afterAll(() => db.drop());

interface Racer {
  readonly email: string;
  readonly id: string;
}

let people = 0;
/** Somebody with an account whose password has the hash PHC. */
async function someone(isAdmin = false): Promise<Racer> {
  const [claims, email] = [new Claims(db), `racer${++people}@example.com`];
  await claims.activate(email, await claims.claim(email, { phc: PHC }), true, PHC);
  const account = await findLoginByEmail(db.sql, email);
  const id = account?.accountId ?? '';
  await db.owner`update account set roles = ${isAdmin ? '{admin}' : '{}'}::text[] where id = ${id}::uuid`;
  return { email, id };
}

/** The statement that decides on a log-in with the right password. */
async function logInAs({ email }: Racer): Promise<string | undefined> {
  const account = await findLoginByEmail(db.sql, email);
  if (!account) throw new Error('no such account');
  const { session } = await logIn(db.sql, {
    accountId: account.accountId,
    credentialVersion: account.credentialVersion,
    phc: PHC,
    addressBudget: randomBytes(32),
    sourceBudget: randomBytes(32),
    deviceBudget: null,
    deviceName: null,
    requestId: 'race',
    sealedDetails: null,
  });
  return session?.sessionId;
}

async function sessionOf(racer: Racer): Promise<string> {
  const sessionId = await logInAs(racer);
  if (sessionId === undefined) throw new Error('the log-in was refused');
  return sessionId;
}

const act = (sessionId: string, { id: accountId }: Racer): AdminAct => ({
  sessionId,
  accountId,
  requestId: 'race',
  sealedDetails: null,
});
const suspend = (by: string, whom: Racer) => suspendAccount(db.sql, { ...act(by, whom), ...NO_KEY });
const reinstate = (by: string, whom: Racer) => reinstateAccount(db.sql, act(by, whom));
const setRoles = async (by: string, whom: Racer, roles: readonly string[]) => {
  const change = { revisions: null, fields: ['roles'] as const, username: null, displayName: null, locale: null };
  return (await changeUser(db.sql, { ...act(by, whom), ...change, roles })).outcome;
};
const makeOnly = (...admins: readonly Racer[]) =>
  db.owner`
    update account
       set suspended_at = null,
           roles = case when id = any (${admins.map(({ id }) => id)}::uuid[]) then '{admin}'::text[] else '{}' end`;

/** The ids of those who can administrate. */
async function administrators(): Promise<readonly string[]> {
  const rows = await db.owner<{ id: string }[]>`
    select id from account where 'admin' = any (roles) and suspended_at is null`;
  return rows.map(({ id }) => id);
}

/** How often each outcome was seen. */
function counted(outcomes: readonly string[]): Readonly<Record<string, number>> {
  const seen: Record<string, number> = {};
  for (const outcome of outcomes) seen[outcome] = (seen[outcome] ?? 0) + 1;
  return seen;
}

type Blow = (by: string, whom: Racer) => Promise<string>;
const takeRole: Blow = (by, whom) => setRoles(by, whom, []);
test.each<[string, Blow, Blow]>([
  ['suspend one another', suspend, suspend],
  ['take the role of one another', takeRole, takeRole],
  ['one suspends and the other takes the role', suspend, takeRole],
])('of two administrators who %s at once one is left, and the other got nothing done', async (_, one, other) => {
  const [ada, bob] = [await someone(true), await someone(true)];
  const outcomes: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await makeOnly(ada, bob);
    const [ofAda, ofBob] = [await sessionOf(ada), await sessionOf(bob)];
    const ends = await raceInTurn(
      round,
      () => one(ofAda, bob),
      () => other(ofBob, ada),
    );
    expect(await administrators()).toHaveLength(1);
    // Whoever comes second has lost the role by then, so that the question whether they are the last does not arise.
    expect(ends.filter((outcome) => outcome === 'not_admin')).toHaveLength(1);
    expect(ends.filter((outcome) => /^(?:suspended|changed)$/.test(outcome))).toHaveLength(1);
    outcomes.push(ends.join(', '));
  }
  expect(Object.keys(counted(outcomes))).toHaveLength(2);
});

test('an administrator who loses the role at the same time has acted before it, or not at all', async () => {
  const [root, helper, user] = [await someone(true), await someone(true), await someone()];
  const outcomes: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await makeOnly(root, helper);
    const [ofRoot, ofHelper] = [await sessionOf(root), await sessionOf(helper)];
    const [, done] = await raceInTurn(
      round,
      () => setRoles(ofRoot, helper, []),
      () => suspend(ofHelper, user),
    );
    const [row] = await db.owner<{ suspended: boolean }[]>`
      select suspended_at is not null as suspended from account where id = ${user.id}::uuid`;
    expect(row?.suspended).toBe(done === 'suspended');
    outcomes.push(done);
  }
  expect(Object.keys(counted(outcomes)).sort()).toEqual(['not_admin', 'suspended']);
});

test('of three at once who all go for the next, one is left', async () => {
  const ring = [await someone(true), await someone(true), await someone(true)];
  for (let round = 0; round < ROUNDS; round++) {
    await makeOnly(...ring);
    const sessions = await Promise.all(ring.map(sessionOf));
    await times(3, (n) => suspend(sessions[n] ?? '', ring[(n + 1) % 3] ?? { email: '', id: '' }));
    expect((await administrators()).length).toBeGreaterThanOrEqual(1);
  }
});

test.each<[string, Blow]>([
  ['a suspension', suspend],
  ['the end of all sessions', (by, whom) => endUserSessions(db.sql, act(by, whom))],
])('no log-in and no refresh at the same time survives %s', async (what, end) => {
  const [root, user] = [await someone(true), await someone()];
  await makeOnly(root);
  const outcomes: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await makeOnly(root);
    const [by, old] = [await sessionOf(root), await sessionOf(user)];
    const account = await findLoginByEmail(db.sql, user.email);
    const [[opened, refreshed]] = await raceInTurn(
      round,
      () => Promise.all([logInAs(user), refreshSession(db.sql, old, 1, 0)]),
      () => end(by, user),
    );
    const found = opened === undefined ? undefined : await findSession(db.sql, opened);
    // A log-in that began after the end of all sessions is one of a user who may log in.
    const isLater = what !== 'a suspension' && found !== undefined;
    expect(found !== undefined).toBe(isLater);
    expect([await findSession(db.sql, old), (await refreshSession(db.sql, old, 2, 0)).outcome]).toEqual([
      undefined,
      'over',
    ]);
    const [left] = await db.owner<{ count: number }[]>`
      select count(*)::int from session
       where account_id = ${user.id}::uuid and credential_version <= ${account?.credentialVersion ?? 0}::int`;
    expect(left?.count).toBeLessThanOrEqual(1);
    outcomes.push(refreshed.outcome);
    await db.owner`delete from session where account_id = ${user.id}::uuid`;
  }
  expect(Object.keys(counted(outcomes)).length).toBeGreaterThan(1);
});

test('a suspension and its end at once: the account is as the later one left it, and nobody is in', async () => {
  const [root, helper, user] = [await someone(true), await someone(true), await someone()];
  const outcomes: string[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    await makeOnly(root, helper);
    const [ofRoot, ofHelper] = [await sessionOf(root), await sessionOf(helper)];
    const session = await sessionOf(user);
    const [suspended, reinstated] = await raceInTurn(
      round,
      () => suspend(ofRoot, user),
      () => reinstate(ofHelper, user),
    );
    expect([suspended, await findSession(db.sql, session)]).toEqual(['suspended', undefined]);
    const [row] = await db.owner<{ suspended: boolean; last: string }[]>`
      select suspended_at is not null as suspended,
             (select event from audit_event where audit_event.subject_id = account.subject_id
               order by transaction_id desc, id desc limit 1) as last
        from account where id = ${user.id}::uuid`;
    const isOver = reinstated === 'reinstated';
    expect(row).toEqual({ suspended: !isOver, last: isOver ? 'account.reinstated' : 'account.suspended' });
    outcomes.push(reinstated);
  }
  expect(Object.keys(counted(outcomes)).sort()).toEqual(['not_suspended', 'reinstated']);
});

test('one key of a request, sent many times at once, suspends once', async () => {
  const [root, user] = [await someone(true), await someone()];
  await makeOnly(root);
  const by = await sessionOf(root);
  const key = { idempotencyScope: randomBytes(32), fingerprint: randomBytes(32) };
  const outcomes = await times(10, () => suspendAccount(db.sql, { ...act(by, user), ...key }));
  expect(counted(outcomes)).toEqual({ suspended: 1, replay: 9 });
});

test('create-admin, for one address at once, makes one account or finds that it has to look again', async () => {
  for (let round = 0; round < 20; round++) {
    const email = `made${round}@example.com`;
    const outcomes = await times(5, () =>
      createAdmin(db.sql, {
        email,
        addressKey: keyOf(email),
        accountId: null,
        wrappedKey: randomBytes(64),
        keyId: 'k',
        envelope: randomBytes(8),
        sealedDetails: null,
      }),
    );
    expect(counted(outcomes)).toEqual({ made: 1, another_account: 4 });
  }
});
