import { TestClaimant } from '#testing/claimant';
import { events } from '#testing/rows';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { ageQuotas, ageSession } from '#testing/time-travel';
import { inTurn, times } from '#testing/turns';
import { workOf } from '#testing/work-of';

const NEW = 'a new horse for the battery';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
async function active(): Promise<TestClaimant> {
  const ada = new TestClaimant(app, `changes${++people}@example.com`);
  if ((await ada.becomeActive()).status !== 200) throw new Error('not active');
  return ada;
}

const change = (session: TestSession, body: object = { new_password: NEW }): Promise<Answer> =>
  session.ask('/v1/me/password', { method: 'PUT', body });
const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown } | undefined)?.code;
const withNew = ({ email }: TestClaimant): TestClaimant => new TestClaimant(app, email, NEW);
const subjects = async (ada: TestClaimant) => (await ada.settledLetters()).slice(1).map(({ subject }) => subject);

test.each([true, false])(
  'changes the password and ends all other sessions; current_password sent: %s',
  async (sent) => {
    const ada = await active();
    const [own, other] = [await TestSession.of(app, ada), await TestSession.of(app, ada)];
    const body = { new_password: NEW, ...(sent ? { current_password: ada.password } : {}) };
    const { status, text } = await change(own, body);
    expect([status, text]).toEqual([204, '']);
    expect([await own.isAlive(), await other.isAlive()]).toEqual([true, false]);
    expect([(await own.refresh()).status, codeOf(await other.refresh())]).toEqual([200, 'session-revoked']);
    expect([(await ada.logIn()).status, (await withNew(ada).logIn()).status]).toEqual([401, 201]);
    expect(await events(app.db)).toContain('password.changed');
    expect(await subjects(ada)).toEqual(['Your password was changed']);
    expect((await ada.letter(2)).text).toMatch(/^http\S+\/letters\/not-me\?token=[\w.-]{71}$/m);
  },
);

test('device tokens stay good', async () => {
  const ada = await active();
  const session = await TestSession.of(app, ada);
  await change(session);
  await inTurn(5, () => ada.logIn());
  expect((await withNew(ada).logIn()).status).toBe(429);
  expect((await withNew(ada).logIn({ device_token: session.tokens.device_token })).status).toBe(201);
});

test('costs two statements and a hash, with the current password one more of each', async () => {
  const session = await TestSession.of(app, await active());
  await session.isAlive();
  expect(await workOf(app, () => change(session))).toMatchObject({ status: 204, statements: 2, hashes: 1 });
  const body = { current_password: NEW, new_password: 'another horse for the battery' };
  expect(await workOf(app, () => change(session, body))).toMatchObject({ status: 204, statements: 3, hashes: 2 });
  const bad = { new_password: 'short' };
  expect(await workOf(app, () => change(session, bad))).toMatchObject({ status: 422, statements: 1, hashes: 0 });
});

test('who was authenticated more than five minutes ago has to be again, whatever is sent', async () => {
  const ada = await active();
  const session = await TestSession.of(app, ada);
  await ageSession(app.db, session.id, 301);
  await session.renew();
  const answer = await change(session, { current_password: ada.password, new_password: NEW });
  expect([answer.status, codeOf(answer)]).toEqual([401, 'reauthentication-required']);
  expect(answer.headers.get('www-authenticate')).toContain('max_age=300');
  expect((await ada.logIn()).status).toBe(201);
});

test('without an access token it is 401', async () => {
  const answer = await app.ask('/v1/me/password', { method: 'PUT', body: { new_password: NEW } });
  expect([answer.status, codeOf(answer)]).toEqual([401, 'unauthenticated']);
});

test.each([
  [{ new_password: 'short' }, '/new_password', 'too-short'],
  [{ new_password: 'password1' }, '/new_password', 'common'],
  [{ new_password: 7 }, '/new_password', 'is-string'],
  [{}, '/new_password', 'is-string'],
  [{ new_password: NEW, current_password: ['x'] }, '/current_password', 'is-string'],
  [{ new_password: NEW, password: 'x' }, '/password', 'unknown-field'],
])('%j is not valid, and changes nothing', async (body, pointer, code) => {
  const ada = await active();
  const answer = await change(await TestSession.of(app, ada), body);
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer, code }] } });
  expect([(await ada.logIn()).status, await subjects(ada)]).toEqual([201, []]);
});

test('the address is no password', async () => {
  const ada = await active();
  const answer = await change(await TestSession.of(app, ada), { new_password: ada.email });
  expect(answer.body).toMatchObject({ errors: [{ code: 'is-the-address' }] });
});

describe('a wrong current password', () => {
  const guess = (session: TestSession, current_password = 'not the right password') =>
    change(session, { current_password, new_password: NEW });

  test('is refused and changes nothing', async () => {
    const ada = await active();
    const [own, other] = [await TestSession.of(app, ada), await TestSession.of(app, ada)];
    const answer = await guess(own);
    expect([answer.status, codeOf(answer)]).toEqual([401, 'invalid-credentials']);
    expect([await own.isAlive(), await other.isAlive(), (await ada.logIn()).status]).toEqual([true, true, 201]);
    expect(await subjects(ada)).toEqual([]);
  });

  test('is judged five times in 15 minutes of one session, and then the right one is not either', async () => {
    const ada = await active();
    const [own, other] = [await TestSession.of(app, ada), await TestSession.of(app, ada)];
    const statuses = await inTurn(6, async () => (await guess(own)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
    const refused = await guess(own, ada.password);
    expect([refused.status, codeOf(refused)]).toEqual([429, 'rate-limited']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(890);
    expect((await guess(other)).status).toBe(401);
    await app.db.owner`update login_failure set window_started_at = window_started_at - interval '15 minutes'`;
    expect((await guess(own, ada.password)).status).toBe(204);
  });

  test('of fifty guesses at once five are judged, and none of them keeps the user from logging in', async () => {
    const ada = await active();
    const session = await TestSession.of(app, ada);
    const statuses = (await times(50, () => guess(session))).map(({ status }) => status);
    expect(statuses.filter((status) => status === 401).length).toBeLessThanOrEqual(5);
    expect(new Set(statuses.filter((status) => status !== 401 && status !== 503))).toEqual(new Set([429]));
    expect((await ada.logIn()).status).toBe(201);
  });

  test('a right one begins the count anew', async () => {
    const ada = await active();
    const session = await TestSession.of(app, ada);
    await inTurn(4, () => guess(session));
    expect((await guess(session, ada.password)).status).toBe(204);
    const statuses = await inTurn(5, async () => (await guess(session)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401]);
  });
});

test('two changes within an hour make one notice, later ones another', async () => {
  const ada = await active();
  const session = await TestSession.of(app, ada);
  await inTurn(3, () => change(session));
  expect(await subjects(ada)).toHaveLength(1);
  await ageQuotas(app.db, 3_601);
  await change(session);
  expect(await subjects(ada)).toHaveLength(2);
});

test('of changes at once by two sessions one is made, and the other session has ended', async () => {
  for (let round = 0; round < 10; round++) {
    const ada = await active();
    const sessions = [await TestSession.of(app, ada), await TestSession.of(app, ada)] as const;
    const answers = await Promise.all(
      sessions.map((session, n) => change(session, { new_password: `the ${n}th horse of the battery` })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([204, 401]);
    const won = answers.findIndex(({ status }) => status === 204);
    expect(codeOf(answers[1 - won] ?? ({} as Answer))).toBe('session-revoked');
    const winner = new TestClaimant(app, ada.email, `the ${won}th horse of the battery`);
    expect((await winner.logIn()).status).toBe(201);
  }
});
