import { TestClaimant } from '#testing/claimant';
import { decodeJwt } from '#testing/jwt';
import { events } from '#testing/rows';
import { TestSession, type Tokens } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { ageQuotas, ageSession } from '#testing/time-travel';
import { inTurn, statusesOf, times } from '#testing/turns';

const GRACE_OVER = 11;
const [HOUR, DAY] = [3_600, 86_400];

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
async function someone(): Promise<TestClaimant> {
  const claimant = new TestClaimant(app, `refresher${++people}@example.com`);
  const { status, text } = await claimant.becomeActive();
  if (status !== 200) throw new Error(text);
  return claimant;
}

/** A session whose log-in is longer ago than the grace. */
async function loggedIn(claimant?: TestClaimant): Promise<TestSession> {
  const session = await TestSession.of(app, claimant ?? (await someone()));
  await ageSession(app.db, session.id, GRACE_OVER);
  return session;
}

const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown }).code;
const refreshTokenOf = ({ body }: Answer): string => (body as Tokens).refresh_token;
/** What a refresh token says when its session has been made older by so many seconds since. */
const aged = (token: string, seconds: number): unknown => {
  const { iat, exp, ...claims } = decodeJwt(token);
  return { ...claims, iat: Number(iat) - seconds, exp: Number(exp) - seconds };
};
const wait = (session: TestSession, seconds: number): Promise<void> => ageSession(app.db, session.id, seconds);
const reuses = async (): Promise<number> =>
  (await events(app.db)).filter((event) => event === 'session.reuse_detected').length;
const notices = async (claimant: TestClaimant): Promise<number> =>
  (await claimant.settledLetters()).filter(({ subject }) => subject === 'We ended one of your sessions').length;

async function isOver(session: TestSession): Promise<void> {
  const refused = [await session.ask('/v1/me'), await session.refresh()];
  expect(refused.map((answer) => [answer.status, codeOf(answer)])).toEqual([
    [401, 'session-revoked'],
    [401, 'session-revoked'],
  ]);
}

test('a refresh gives the next tokens of the same session', async () => {
  const session = await loggedIn();
  const answer = await session.refresh();
  expect(answer.status).toBe(200);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.body).toEqual({
    access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]{86}$/),
    token_type: 'Bearer',
    expires_in: 300,
    refresh_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]{43}$/),
    refresh_expires_in: 14 * DAY,
    session_id: session.id,
  });
  expect(refreshTokenOf(answer)).not.toBe(session.tokens.refresh_token);
  expect(await new TestSession(app, { ...session.tokens, ...(answer.body as Tokens) }).isAlive()).toBe(true);
});

test('within its own grace the current token answers itself', async () => {
  const session = await TestSession.of(app, await someone());
  const [atOnce, again] = [await session.refresh(), await session.refresh()];
  expect([atOnce, again].map(refreshTokenOf)).toEqual([session.tokens.refresh_token, session.tokens.refresh_token]);
  await wait(session, GRACE_OVER);
  expect(refreshTokenOf(await session.refresh())).not.toBe(session.tokens.refresh_token);
});

describe('a token that was followed', () => {
  test('is answered with the identical successor within the grace, used or not', async () => {
    const session = await loggedIn();
    const first = session.tokens.refresh_token;
    await session.renew();
    const next = session.tokens.refresh_token;
    expect(refreshTokenOf(await session.refresh(first))).toBe(next);
    expect(await session.isAlive()).toBe(true);
    expect(refreshTokenOf(await session.refresh(first))).toBe(next);
    await wait(session, 5);
    expect(decodeJwt(refreshTokenOf(await session.refresh(first)))).toEqual(aged(next, 5));
  });

  test('and later as long as nobody used that one', async () => {
    const session = await loggedIn();
    const first = session.tokens.refresh_token;
    const next = refreshTokenOf(await session.refresh());
    let seconds = 0;
    for (const later of [GRACE_OVER, HOUR, 5 * DAY]) {
      await wait(session, later);
      seconds += later;
      expect(decodeJwt(refreshTokenOf(await session.refresh(first)))).toEqual(aged(next, seconds));
    }
    // An access token of the generation before is no use of this one.
    expect(await session.isAlive()).toBe(true);
    expect(decodeJwt(refreshTokenOf(await session.refresh(first)))).toEqual(aged(next, seconds));
  });

  test.each<[string, (session: TestSession) => Promise<unknown>]>([
    ['a request with the access token of its successor', (session) => session.ask('/v1/me')],
    ['a refused request with it', (session) => session.ask('/v1/sessions/no-session', { method: 'DELETE' })],
    ['its successor shown within its grace', (session) => session.refresh()],
    ['its successor shown later', (session) => wait(session, GRACE_OVER).then(() => session.refresh())],
  ])('ends the session after %s', async (_, use) => {
    const session = await loggedIn();
    const first = session.tokens.refresh_token;
    await session.renew();
    await use(session);
    await wait(session, GRACE_OVER);
    const before = await reuses();
    const answer = await session.refresh(first);
    expect([answer.status, codeOf(answer)]).toEqual([401, 'session-revoked']);
    await isOver(session);
    expect(await reuses()).toBe(before + 1);
  });

  test('and was followed again ends it within the grace and without any use', async () => {
    const session = await loggedIn();
    const first = session.tokens.refresh_token;
    await session.renew();
    await wait(session, GRACE_OVER);
    await session.renew();
    expect(codeOf(await session.refresh(first))).toBe('session-revoked');
    await isOver(session);
  });

  test('ends it at once when there is no grace, but only after a use', async () => {
    const { tokens } = await loggedIn();
    const strict = await startTestApp({ REFRESH_GRACE_SECONDS: '0' }, app.db);
    try {
      const session = new TestSession(strict, tokens);
      const first = session.tokens.refresh_token;
      await session.renew();
      expect(refreshTokenOf(await session.refresh(first))).toBe(session.tokens.refresh_token);
      expect(await session.isAlive()).toBe(true);
      expect(codeOf(await session.refresh(first))).toBe('session-revoked');
      await isOver(session);
    } finally {
      await strict.stop();
    }
  });
});

/** Uses a token of the session a second time. */
async function reuse(session: TestSession): Promise<readonly Answer[]> {
  const first = session.tokens.refresh_token;
  await session.renew();
  await session.ask('/v1/me');
  await wait(session, GRACE_OVER);
  return times(5, () => session.refresh(first));
}

test('reuse, five times at once, is one event and one letter; those of an hour merge; other sessions go on', async () => {
  const ada = await someone();
  const other = await loggedIn(ada);
  const before = await reuses();
  const answers = await reuse(await loggedIn(ada));
  expect([statusesOf(answers), new Set(answers.map(codeOf))]).toEqual([[401], new Set(['session-revoked'])]);
  expect([await reuses(), await notices(ada)]).toEqual([before + 1, 1]);
  await reuse(await loggedIn(ada));
  expect([await reuses(), await notices(ada)]).toEqual([before + 2, 1]);
  await ageQuotas(app.db, HOUR);
  await reuse(await loggedIn(ada));
  expect([await reuses(), await notices(ada)]).toEqual([before + 3, 2]);
  expect(await other.isAlive()).toBe(true);
});

test('fifty refreshes of one token at once have one successor and log nobody out', async () => {
  const session = await loggedIn();
  const before = await reuses();
  const answers = await times(50, () => session.refresh());
  expect(statusesOf(answers)).toEqual([200]);
  expect(new Set(answers.map(refreshTokenOf)).size).toBe(1);
  const [row] = await app.db.owner<{ generation: number }[]>`
    select generation from session where id = ${session.id}::uuid`;
  expect(row).toEqual({ generation: 2 });
  for (const { body } of answers)
    expect(await new TestSession(app, { ...session.tokens, ...(body as Tokens) }).isAlive()).toBe(true);
  expect(await reuses()).toBe(before);
});

describe.each([
  ['at once', 0],
  ['an hour later', HOUR],
])('when of 20 refreshes two in five answers are lost and the retry comes %s', (_, pause) => {
  test.each([
    ['makes requests in between', true],
    ['does not', false],
  ])('nobody is logged out who %s', async (_use, asks) => {
    const session = await loggedIn();
    const [before, seen] = [await reuses(), new Set([session.tokens.refresh_token])];
    let sent = 0;
    const isLost = (): boolean => (sent++ * 2) % 5 < 2;
    for (let refresh = 0; refresh < 20; refresh++) {
      if (asks) expect(await session.isAlive()).toBe(true);
      await wait(session, 300);
      while (isLost()) {
        expect((await session.refresh()).status).toBe(200);
        await wait(session, pause);
      }
      await session.renew();
      seen.add(session.tokens.refresh_token);
    }
    expect([sent, seen.size, await reuses()]).toEqual([33, 21, before]);
    expect(await session.isAlive()).toBe(true);
  });
});

describe('a thief who has a copy of a refresh token', () => {
  test('is found when the user was first', async () => {
    const user = await loggedIn();
    const stolen = user.tokens.refresh_token;
    await user.renew();
    expect(await user.isAlive()).toBe(true);
    await wait(user, 300);
    expect(codeOf(await user.refresh(stolen))).toBe('session-revoked');
    await isOver(user);
  });

  test('is found when the thief was first', async () => {
    const user = await loggedIn();
    const thief = new TestSession(app, user.tokens);
    await thief.renew();
    expect(await thief.isAlive()).toBe(true);
    await wait(user, 300);
    expect(codeOf(await user.refresh())).toBe('session-revoked');
    await isOver(thief);
  });

  test('is found one step behind, however late the answers of the user are used', async () => {
    const user = await loggedIn();
    const thief = new TestSession(app, user.tokens);
    await user.renew();
    await wait(user, 300);
    // Nobody has used the successor yet, so both have it from now on: the user's next step gives the thief away.
    await thief.renew();
    expect(decodeJwt(thief.tokens.refresh_token)).toEqual(aged(user.tokens.refresh_token, 300));
    expect(await user.isAlive()).toBe(true);
    await user.renew();
    expect(await user.isAlive()).toBe(true);
    await wait(user, 300);
    expect(codeOf(await thief.refresh())).toBe('session-revoked');
    await isOver(user);
  });
});

describe('on several processes', () => {
  test('reuse ends the session after a restart too', async () => {
    const { tokens } = await loggedIn();
    const before = await startTestApp({}, app.db);
    const session = new TestSession(before, tokens);
    const first = session.tokens.refresh_token;
    await session.renew();
    expect(await session.isAlive()).toBe(true);
    await before.stop();
    const after = await startTestApp({}, app.db);
    try {
      const there = new TestSession(after, session.tokens);
      expect(await there.isAlive()).toBe(true);
      await wait(session, GRACE_OVER);
      expect(codeOf(await there.refresh(first))).toBe('session-revoked');
      await isOver(there);
    } finally {
      await after.stop();
    }
  });

  test('what was followed on one replica is reuse on the other, and over on both', async () => {
    const here = await loggedIn();
    const replica = await startTestApp({}, app.db);
    try {
      const there = new TestSession(replica, here.tokens);
      await here.renew();
      expect(await new TestSession(replica, here.tokens).isAlive()).toBe(true);
      await wait(here, GRACE_OVER);
      expect(codeOf(await there.refresh())).toBe('session-revoked');
      await isOver(here);
      await isOver(there);
    } finally {
      await replica.stop();
    }
  });
});

describe('the end of a session', () => {
  test('comes 14 days after its last refresh', async () => {
    const session = await loggedIn();
    await wait(session, 14 * DAY - GRACE_OVER - 60);
    await session.renew();
    await wait(session, 14 * DAY);
    await isOver(session);
  });

  test('comes 30 days after the log-in, however often it is refreshed, and is told ahead', async () => {
    const session = await loggedIn();
    const left = await inTurn(3, async () => {
      await wait(session, 9 * DAY);
      const answer = await session.refresh();
      session.tokens = { ...session.tokens, ...(answer.body as Tokens) };
      return (answer.body as { refresh_expires_in: number }).refresh_expires_in;
    });
    expect(left[0]).toBe(14 * DAY);
    expect([left[1], left[2]].map((seconds) => Math.ceil((seconds ?? 0) / DAY))).toEqual([12, 3]);
    await wait(session, 3 * DAY);
    await isOver(session);
  });

  test('comes with a suspension, for as long as it lasts', async () => {
    const ada = await someone();
    const session = await loggedIn(ada);
    await app.db.owner`
      update account set suspended_at = clock_timestamp()
       where id = (select account_id from address where email = ${ada.email})`;
    await isOver(session);
    expect(await notices(ada)).toBe(0);
  });
});

test('a refresh is one statement, me one, after the first use of a generation; a log-in two', async () => {
  const ada = await someone();
  await ada.settledLetters();
  const statementsOf = async (act: () => Promise<unknown>): Promise<number> => {
    app.statements();
    await act();
    return app.statements().filter((text) => !/\bletter\b/.test(text)).length;
  };
  const session = await loggedIn(ada);
  expect(await statementsOf(() => ada.logIn())).toBe(2);
  expect(await statementsOf(() => session.renew())).toBe(1);
  expect(await statementsOf(() => session.refresh())).toBe(1);
  await session.renew();
  await wait(session, GRACE_OVER);
  await session.renew();
  expect(await inTurn(3, () => statementsOf(() => session.ask('/v1/me')))).toEqual([2, 1, 1]);
});

test('what is no refresh token is refused, and a wrong type before that', async () => {
  const { tokens } = await loggedIn();
  const { refresh_token: good } = tokens;
  const refused = ['', 'x', 'null', ' ', `${good} `, ` ${good}`, `${good}=`, `${good}A`, good.slice(0, -1), `${good}.x`]
    .concat([`Bearer ${good}`, good.toUpperCase(), tokens.access_token, tokens.device_token, 'é'.repeat(900)])
    .concat([good.replace(/\.[^.]+\./, '.e30.'), `${'A'.repeat(60)}.${'A'.repeat(60)}.${'A'.repeat(43)}`, '😀.😀.😀']);
  for (const refresh_token of refused) {
    const answer = await app.ask('/v1/sessions/refresh', { body: { refresh_token } });
    expect([refresh_token, answer.status, codeOf(answer)]).toEqual([refresh_token, 401, 'invalid-refresh-token']);
  }
  const invalid = [null, 7, true, [good], { token: good }, 'x'.repeat(2_049), '\ud800', 'a\0b'];
  for (const body of [{}, { refresh_token: good, scope: 'all' }, ...invalid.map((value) => ({ refresh_token: value }))])
    expect((await app.ask('/v1/sessions/refresh', { body })).status).toBe(422);
});
