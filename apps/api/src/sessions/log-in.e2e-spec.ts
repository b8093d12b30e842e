import { Passwords } from '#platform/hashing/passwords';
import { Problem } from '#platform/problems/problem';
import { decodeJwt, decodeProtectedHeader } from '#testing/jwt';
import { TestClaimant } from '#testing/claimant';
import { events } from '#testing/rows';
import { TestSession, type Tokens } from '#testing/sessions';
import { startTestApp, type TestApp } from '#testing/test-app';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let nth = 0;
async function active(more: Readonly<Record<string, unknown>> = {}): Promise<TestClaimant> {
  const claimant = new TestClaimant(app, `user${++nth}@example.com`);
  await claimant.register(more);
  const answer = await claimant.activate(await claimant.code());
  if (answer.status !== 200) throw new Error(answer.text);
  return claimant;
}

const codeOf = ({ body }: { body: unknown }): unknown => (body as { code?: unknown }).code;

test('an address and its password open a session, whatever the spelling of the address', async () => {
  const ada = await active();
  const answer = await app.ask('/v1/sessions', {
    body: { email: ` ${ada.email.toUpperCase()}\t`, password: ada.password, device_name: 'Pixel 9' },
  });
  expect(answer.status).toBe(201);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.body).toEqual({
    access_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]{86}$/),
    token_type: 'Bearer',
    expires_in: 300,
    refresh_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]{43}$/),
    refresh_expires_in: 1_209_600,
    session_id: expect.stringMatching(/^[0-9a-f-]{36}$/),
    device_token: expect.stringMatching(/^[\w-]+\.[\w-]+\.[\w-]{43}$/),
  });
  const session = new TestSession(app, answer.body as Tokens);
  expect((await session.ask('/v1/me')).body).toMatchObject({ email: ada.email, username: null, roles: [] });
  expect((await session.ask('/v1/sessions')).body).toMatchObject({
    data: [{ id: session.id, device_name: 'Pixel 9', current: true }],
  });
  expect(await events(app.db)).toContain('session.created');
});

test('the access token is one of RFC 9068 and names no one', async () => {
  const ada = await active({ username: 'ada.claims' });
  const { tokens } = await TestSession.of(app, ada);
  expect(decodeProtectedHeader(tokens.access_token)).toEqual({ alg: 'ES256', typ: 'at+jwt', kid: expect.any(String) });
  const claims = decodeJwt(tokens.access_token);
  expect(Object.keys(claims).sort()).toEqual(
    ['iss', 'aud', 'sub', 'sid', 'jti', 'iat', 'exp', 'auth_time', 'amr', 'roles'].sort(),
  );
  expect(claims).toMatchObject({ sid: tokens.session_id, amr: ['pwd'], roles: [] });
  expect(Number(claims.exp) - Number(claims.iat)).toBe(300);
  expect(JSON.stringify(claims)).not.toMatch(/@|ada/);
});

test('a user name opens the same account, in any case', async () => {
  const ada = await active({ username: 'ada.lovelace' });
  const answer = await app.ask('/v1/sessions', { body: { username: ' Ada.Lovelace ', password: ada.password } });
  expect(answer.status).toBe(201);
});

test('every reason of refusal has one answer, one hash and two statements', async () => {
  const ada = await active({ username: 'ada.refused' });
  const claimed = new TestClaimant(app, 'claimed@example.com');
  await claimed.register();
  const refused = [
    { email: ada.email, password: 'wrong horse battery' },
    { username: 'ada.refused', password: 'wrong horse battery' },
    { email: 'nobody@example.com', password: ada.password },
    { username: 'nobody', password: ada.password },
    { username: 'not a user name', password: ada.password },
    { email: 'no address at all', password: ada.password },
    { email: claimed.email, password: claimed.password },
  ];
  const answers = [];
  for (const body of refused) {
    app.statements();
    const { status, headers, body: problem } = await app.ask('/v1/sessions', { body });
    const { instance: _, ...rest } = problem as Record<string, unknown>;
    answers.push({
      status,
      rest,
      challenge: headers.get('www-authenticate'),
      names: [...headers.keys()].sort(),
      statements: app.statements().filter((text) => !text.includes('letter')).length,
    });
  }
  expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(answers[0]).toMatchObject({ status: 401, rest: { code: 'invalid-credentials' }, statements: 2 });
});

test('a suspended account is told so only after the right password', async () => {
  const ada = await active();
  await app.db.owner`
    update account set suspended_at = clock_timestamp()
     where id = (select account_id from address where email = ${ada.email})`;
  const answers = [await ada.logIn(), await ada.logIn({ password: 'wrong horse battery' })];
  expect(answers.map(codeOf)).toEqual(['account-suspended', 'invalid-credentials']);
});

test.each([
  [{}, '/email'],
  [{ email: 'a@example.com', username: 'ada' }, '/email'],
  [{ email: 7 }, '/email'],
  [{ username: ['ada'] }, '/username'],
  [{ email: 'a@example.com', password: null }, '/password'],
  [{ email: 'a@example.com', device_name: 'x'.repeat(101) }, '/device_name'],
  [{ email: 'a@example.com', device_token: 'x'.repeat(2_049) }, '/device_token'],
  [{ email: 'a@example.com', mfa: true }, '/mfa'],
  [{ email: '\ud800@example.com' }, '/email'],
])('%j is not valid', async (fields, pointer) => {
  const answer = await app.ask('/v1/sessions', { body: { password: 'correct horse battery', ...fields } });
  expect(answer.status).toBe(422);
  expect((answer.body as { errors: { pointer: string }[] }).errors.map((error) => error.pointer)).toContain(pointer);
});

test('the hundred and first session ends the oldest', async () => {
  const ada = await active();
  const oldest = await TestSession.of(app, ada);
  await app.db.owner`
    insert into session (account_id, credential_version, authenticated_at, amr, created_at, rotated_at, last_seen_at, ends_at)
    select account_id, credential_version, authenticated_at, amr, created_at, rotated_at, last_seen_at, ends_at
      from session cross join generate_series(1, 98) where id = ${oldest.id}::uuid`;
  const hundredth = await TestSession.of(app, ada);
  expect([await oldest.isAlive(), await hundredth.isAlive()]).toEqual([true, true]);
  await TestSession.of(app, ada);
  expect([await oldest.isAlive(), await hundredth.isAlive()]).toEqual([false, true]);
});

test('an activation opens a session when it is asked to, and its replay no second one', async () => {
  const ada = new TestClaimant(app, 'ada.at.once@example.com');
  await ada.register();
  const code = await ada.code();
  const activate = () =>
    app.ask('/v1/registrations/activation', {
      body: { code, create_session: true, device_name: 'Pixel 9' },
      as: [ada.email, ada.password],
    });
  const first = await activate();
  expect(first.status).toBe(200);
  const { user, session } = first.body as { user: object; session: Tokens };
  expect(await new TestSession(app, session).isAlive()).toBe(true);
  const again = await activate();
  expect([again.status, again.body]).toEqual([200, { user }]);
});

/** As if the password had been set at a lower cost. */
async function weaken(ada: TestClaimant): Promise<void> {
  const weaker = await app
    .get(Passwords)
    .hashWith(ada.password, '$argon2id$v=19$m=8192,t=1,p=1$c2FsdHNhbHRzYWx0c2FsdA');
  await app.db.owner`
    update vault.account_password set phc = ${weaker}
     where account_id = (select account_id from address where email = ${ada.email})`;
}

test('a log-in does not fail by the hash that it makes anew', async () => {
  const ada = await active();
  await weaken(ada);
  const hash = jest.spyOn(app.get(Passwords), 'hash').mockRejectedValue(new Problem('overloaded'));
  try {
    expect((await ada.logIn()).status).toBe(201);
  } finally {
    hash.mockRestore();
  }
  expect((await ada.logIn()).status).toBe(201);
});

test('a hash that was made at another cost is made anew at log-in, and opens the account as before', async () => {
  const ada = await active();
  await weaken(ada);
  expect((await ada.logIn({ password: 'wrong horse battery' })).status).toBe(401);
  expect((await ada.logIn()).status).toBe(201);
  const [row] = await app.db.owner<{ phc: string }[]>`
    select phc from vault.account_password
     where account_id = (select account_id from address where email = ${ada.email})`;
  expect(row?.phc).toMatch(/^\$argon2id\$v=19\$m=19456,t=2,p=1\$/);
  expect((await ada.logIn()).status).toBe(201);
});

describe('failed log-ins', () => {
  const fail = (claimant: TestClaimant, more = {}) => claimant.logIn({ password: 'wrong horse battery', ...more });

  test('after five from one source the right password is not judged either, and says when it will be', async () => {
    const ada = await active({ username: 'ada.guessed' });
    for (let n = 0; n < 4; n++) expect((await fail(ada)).status).toBe(401);
    // The user name spends the same budget.
    expect((await fail(ada, { email: null, username: 'ada.guessed' })).status).toBe(401);
    const refused = await ada.logIn();
    expect([refused.status, codeOf(refused)]).toEqual([429, 'rate-limited']);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(890);
    await app.db.owner`update login_failure set window_started_at = window_started_at - interval '15 minutes'`;
    expect((await ada.logIn()).status).toBe(201);
  });

  test('an unknown address is counted alike', async () => {
    const nobody = new TestClaimant(app, 'nobody.known@example.com');
    const statuses = [];
    for (let n = 0; n < 6; n++) statuses.push((await fail(nobody)).status);
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429]);
  });

  test('of fifty guesses at once five are judged', async () => {
    const ada = await active();
    const answers = await Promise.all(Array.from({ length: 50 }, () => fail(ada)));
    const judged = answers.filter(({ status }) => status === 401);
    expect([judged.length, answers.filter(({ status }) => status === 429).length]).toEqual([5, 45]);
  });

  test('a stranger who spends all of them does not keep out a device that has logged in', async () => {
    const ada = await active();
    const { tokens } = await TestSession.of(app, ada);
    for (let n = 0; n < 6; n++) await fail(ada);
    expect((await ada.logIn()).status).toBe(429);
    expect((await ada.logIn({ device_token: tokens.device_token })).status).toBe(201);
    // It is no way around the budget: it has one of its own.
    const statuses = [];
    for (let n = 0; n < 11; n++) statuses.push((await fail(ada, { device_token: tokens.device_token })).status);
    expect(statuses).toEqual([...Array.from({ length: 10 }, () => 401), 429]);
  });

  test("another account's device token, a void one and a forged one count as none", async () => {
    const [ada, bob] = [await active(), await active()];
    const of = async (claimant: TestClaimant) => (await TestSession.of(app, claimant)).tokens.device_token;
    const [own, foreign] = [await of(ada), await of(bob)];
    for (let n = 0; n < 5; n++) await fail(ada);
    const tried = [foreign, `${own.slice(0, -2)}AA`, 'x', (await TestSession.of(app, bob)).tokens.refresh_token];
    for (const device_token of tried) expect((await ada.logIn({ device_token })).status).toBe(429);
    await app.db.owner`
      update account set device_version = device_version + 1
       where id = (select account_id from address where email = ${ada.email})`;
    expect((await ada.logIn({ device_token: own })).status).toBe(429);
  });

  test('a source is refused after twenty failures, and successes do not count', async () => {
    const ada = await active();
    const limited = await startTestApp({ RATE_LIMIT_SCALE: '1' }, app.db);
    try {
      const ask = (body: object) => limited.ask('/v1/sessions', { body });
      for (let n = 0; n < 25; n++) {
        const { status } = await ask({ email: ada.email, password: ada.password });
        if (status !== 201) throw new Error(`success ${n} was answered ${status}`);
      }
      const statuses = [];
      for (let n = 0; n < 21; n++)
        statuses.push((await ask({ email: `nobody${n}@example.com`, password: 'wrong horse battery' })).status);
      expect(statuses.slice(0, 20)).toEqual(Array.from({ length: 20 }, () => 401));
      expect(statuses[20]).toBe(429);
    } finally {
      await limited.stop();
    }
  });
});
