import { randomBytes } from 'node:crypto';

import { findLoginByEmail, logIn, type Login } from '#data/login';
import { endSession, endSessions, findSession, markGenerationUsed, refreshSession } from '#data/session';
import { Claims, phcOf } from '#testing/claims';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { raceInTurn } from '#testing/races';
import { times } from '#testing/turns';

jest.setTimeout(120_000);

const ROUNDS = 1_000;
/** Rounds at once, each on an account of its own: they get in each other's way as requests do. */
const LANES = 4;
const ACT = { requestId: 'race', sealedDetails: null };
const PHC = phcOf('cmlnaHQ');

let db: TestDatabase;
beforeAll(async () => {
  db = await freshDatabase();
});
afterAll(() => db.drop());

let people = 0;
/** An active account whose password has the hash PHC; resolves to its address. */
async function someone(): Promise<string> {
  const [claims, email] = [new Claims(db), `racer${++people}@example.com`];
  await claims.activate(email, await claims.claim(email, { phc: PHC }), true, PHC);
  return email;
}

type Found = NonNullable<Awaited<ReturnType<typeof findLoginByEmail>>>;
async function found(email: string): Promise<Found> {
  const account = await findLoginByEmail(db.sql, email);
  if (!account) throw new Error('no such account');
  return account;
}

/** The statement that decides, for somebody who was found before and has the right password. */
const decide = ({ accountId, credentialVersion }: Found): Promise<Login> =>
  logIn(db.sql, {
    ...ACT,
    accountId,
    credentialVersion,
    phc: PHC,
    addressBudget: randomBytes(32),
    sourceBudget: randomBytes(32),
    deviceBudget: null,
    deviceName: null,
  });

async function opened(account: Found): Promise<string> {
  const { session, outcome } = await decide(account);
  if (!session) throw new Error(`the log-in was ${outcome}`);
  return session.sessionId;
}

const refresh = async (sessionId: string): Promise<string> => (await refreshSession(db.sql, sessionId, 1, 0)).outcome;
const isAlive = async (sessionId: string): Promise<boolean> => (await findSession(db.sql, sessionId)) !== undefined;
const rowsOf = ({ accountId }: Found): Promise<readonly { count: number }[]> =>
  db.owner<{ count: number }[]>`select count(*)::int from session where account_id = ${accountId}::uuid`;

/** How often each outcome was seen in so many rounds. */
async function rounds(play: (email: string, round: number) => Promise<string>): Promise<ReadonlyMap<string, number>> {
  const seen = new Map<string, number>();
  await times(LANES, async (lane) => {
    const email = await someone();
    for (let round = lane; round < ROUNDS; round += LANES) {
      const outcome = await play(email, Math.floor(round / LANES));
      seen.set(outcome, (seen.get(outcome) ?? 0) + 1);
    }
  });
  return seen;
}

/** Each order came up: otherwise nothing was raced. */
function bothOrders(seen: ReadonlyMap<string, number>, ...outcomes: readonly [string, string]): void {
  expect([...seen.keys()].sort()).toEqual([...outcomes].sort());
  expect([...seen.values()].reduce((sum, count) => sum + count)).toBe(ROUNDS);
}

test('no log-in that began before all sessions were ended survives it', async () => {
  const seen = await rounds(async (email, round) => {
    const account = await found(email);
    const [{ session }] = await raceInTurn(
      round,
      () => decide(account),
      () => endSessions(db.sql, account.accountId, null, ACT),
    );
    expect(await isAlive(session?.sessionId ?? '')).toBe(false);
    expect(await refresh(session?.sessionId ?? '')).toBe('over');
    const [left] = await rowsOf(account);
    await endSessions(db.sql, account.accountId, null, ACT);
    return left?.count === 0 ? 'opened, then ended' : 'opened as one that had ended';
  });
  bothOrders(seen, 'opened, then ended', 'opened as one that had ended');
});

test('no refresh survives the end of all sessions', async () => {
  const seen = await rounds(async (email, round) => {
    const account = await found(email);
    const sessionId = await opened(account);
    const [outcome] = await raceInTurn(
      round,
      () => refresh(sessionId),
      () => endSessions(db.sql, account.accountId, null, ACT),
    );
    expect([await isAlive(sessionId), await rowsOf(account)]).toEqual([false, [{ count: 0 }]]);
    return outcome;
  });
  bothOrders(seen, 'rotated', 'over');
});

test('no refresh survives a log-out', async () => {
  const seen = await rounds(async (email, round) => {
    const account = await found(email);
    const sessionId = await opened(account);
    const [outcome, ended] = await raceInTurn(
      round,
      () => refresh(sessionId),
      () => endSession(db.sql, account.accountId, sessionId, ACT),
    );
    expect([ended, await isAlive(sessionId), await rowsOf(account)]).toEqual([true, false, [{ count: 0 }]]);
    return outcome;
  });
  bothOrders(seen, 'rotated', 'over');
});

test('the session that ends all others goes on, and so does its refresh at the same time', async () => {
  const seen = await rounds(async (email, round) => {
    const account = await found(email);
    const [kept, ended] = [await opened(account), await opened(account)];
    const [outcome] = await raceInTurn(
      round,
      () => Promise.all([refresh(kept), refresh(ended)]),
      () => endSessions(db.sql, account.accountId, kept, ACT),
    );
    expect([outcome[0], await isAlive(kept), await isAlive(ended)]).toEqual(['rotated', true, false]);
    await endSessions(db.sql, account.accountId, null, ACT);
    return outcome[1];
  });
  bothOrders(seen, 'rotated', 'over');
});

test('a suspension between lets nothing through', async () => {
  const account = await found(await someone());
  for (let round = 0; round < 100; round++) {
    const [{ session }] = await raceInTurn(
      round,
      () => decide(account),
      () => db.owner`update account set suspended_at = clock_timestamp() where id = ${account.accountId}::uuid`,
    );
    expect(session ? await isAlive(session.sessionId) : false).toBe(false);
    await db.owner`update account set suspended_at = null where id = ${account.accountId}::uuid`;
    await endSessions(db.sql, account.accountId, null, ACT);
  }
});

test('the use of a generation and the next refresh of the one before it: reuse is found, or nobody used it yet', async () => {
  const seen = await rounds(async (email, round) => {
    const account = await found(email);
    const sessionId = await opened(await found(email));
    expect(await refresh(sessionId)).toBe('rotated');
    const [outcome] = await raceInTurn(
      round,
      () => refresh(sessionId),
      () => markGenerationUsed(db.sql, sessionId, 2),
    );
    expect(await refresh(sessionId)).toBe('reused');
    await endSession(db.sql, account.accountId, sessionId, ACT);
    return outcome;
  });
  bothOrders(seen, 'repeated', 'reused');
});
