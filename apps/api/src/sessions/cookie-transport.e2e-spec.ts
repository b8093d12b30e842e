import { TestClaimant } from '#testing/claimant';
import { decodeJwt } from '#testing/jwt';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { ACCESS, DEVICE, REFRESH, refusalOf, somebody, TestPage, WEB_ORIGIN } from '#testing/web-page';

const REAUTHENTICATION = '/v1/sessions/current/reauthentication';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ WEB_ORIGINS: `${WEB_ORIGIN},http://localhost:5173` });
});
afterAll(() => app.stop());

const idOf = ({ body }: Answer): string => (body as { session_id: string }).session_id;

describe('tokens go into cookies, and none into the body', () => {
  test('at a log-in', async () => {
    const ada = await somebody(app);
    const answer = await new TestPage(app).askForCookies('/v1/sessions', {
      body: { email: ada.email, password: ada.password },
    });
    expect([answer.status, answer.body]).toEqual([
      201,
      { token_type: 'Bearer', expires_in: 300, refresh_expires_in: 1_209_600, session_id: expect.any(String) },
    ]);
    const attributes = 'Path=/; Secure; HttpOnly; SameSite=Lax';
    expect(answer.headers.getSetCookie()).toEqual([
      expect.stringMatching(new RegExp(`^${ACCESS}=[\\w.-]+; Max-Age=300; ${attributes}$`)),
      expect.stringMatching(new RegExp(`^${REFRESH}=[\\w.-]+; Max-Age=1209600; ${attributes}$`)),
      expect.stringMatching(new RegExp(`^${DEVICE}=[\\w.-]+; Max-Age=15552000; ${attributes}$`)),
    ]);
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('at an activation', async () => {
    const ada = new TestClaimant(app, 'activated@example.com');
    await ada.register();
    const page = new TestPage(app);
    const answer = await page.askForCookies('/v1/registrations/activation', {
      body: { code: await ada.code(), create_session: true },
      as: [ada.email, ada.password],
    });
    const { session } = answer.body as { session: object };
    expect(Object.keys(session).sort()).toEqual(['expires_in', 'refresh_expires_in', 'session_id', 'token_type']);
    expect([...page.cookies.keys()]).toEqual([ACCESS, REFRESH, DEVICE]);
    expect((await page.ask('/v1/me')).body).toMatchObject({ email: ada.email });
  });

  test('at a refresh, with or without a body', async () => {
    const page = await TestPage.of(app, await somebody(app));
    for (const ask of [{ method: 'POST' }, { body: {} }, { body: { refresh_token: null } }]) {
      await app.db.owner`update session set rotated_at = rotated_at - interval '1 minute'`;
      const before = new Map(page.cookies);
      const answer = await page.askForCookies('/v1/sessions/refresh', ask);
      expect([answer.status, Object.keys(answer.body as object).sort()]).toEqual([
        200,
        ['expires_in', 'refresh_expires_in', 'session_id', 'token_type'],
      ]);
      expect(page.cookies.get(REFRESH)).not.toBe(before.get(REFRESH));
      expect(page.cookies.get(ACCESS)).not.toBe(before.get(ACCESS));
      expect(page.cookies.get(DEVICE)).toBe(before.get(DEVICE));
      expect((await page.ask('/v1/me')).status).toBe(200);
    }
  });

  test('at a reauthentication', async () => {
    const ada = await somebody(app);
    const page = await TestPage.of(app, ada);
    const before = page.cookies.get(ACCESS);
    const answer = await page.askForCookies(REAUTHENTICATION, { body: { password: ada.password } });
    expect([answer.status, answer.body]).toEqual([200, { token_type: 'Bearer', expires_in: 300 }]);
    expect(answer.headers.getSetCookie()).toHaveLength(1);
    expect(page.cookies.get(ACCESS)).not.toBe(before);
    expect((await page.ask('/v1/me')).status).toBe(200);
  });

  test('and what came by cookie goes by cookie when the header is forgotten, so that no script gets hold of it', async () => {
    const ada = await somebody(app);
    const page = await TestPage.of(app, ada);
    const answers = [
      await page.ask('/v1/sessions/refresh', { method: 'POST' }),
      await page.ask('/v1/sessions/refresh', { method: 'POST', headers: { 'troth-transport': 'bearer' } }),
      await page.ask(REAUTHENTICATION, { body: { password: ada.password } }),
    ];
    expect(answers.map(({ status, text }) => [status, text.includes('_token"')])).toEqual([
      [200, false],
      [200, false],
      [200, false],
    ]);
    expect(answers.map(({ headers }) => headers.getSetCookie().length)).toEqual([2, 2, 1]);
  });
});

test.each([{}, { 'troth-transport': 'bearer' }])(
  'with %j tokens go into the body, and no cookie is set',
  async (headers) => {
    const ada = await somebody(app);
    const answer = await new TestPage(app).ask('/v1/sessions', {
      body: { email: ada.email, password: ada.password },
      headers,
    });
    expect(answer.body).toMatchObject({ access_token: expect.any(String), device_token: expect.any(String) });
    expect(answer.headers.getSetCookie()).toEqual([]);
  },
);

test.each(['Cookie', 'cookies', '', 'cookie, cookie', 'cookie;x'])(
  'the transport %j is malformed',
  async (transport) => {
    const ask = { body: { email: 'a@example.com', password: 'wrong horse battery' } };
    const answer = await new TestPage(app).ask('/v1/sessions', { ...ask, headers: { 'troth-transport': transport } });
    expect(refusalOf(answer)).toEqual([400, 'malformed-request', 0]);
  },
);

describe('the cookie of the refresh token', () => {
  test('counts for nothing beside a token in the body', async () => {
    const [ada, bob] = [await somebody(app), await somebody(app)];
    const page = await TestPage.of(app, ada);
    const { tokens } = await TestSession.of(app, bob);
    const body = { refresh_token: tokens.refresh_token };
    const answer = await page.ask('/v1/sessions/refresh', { body });
    expect([idOf(answer), answer.headers.getSetCookie()]).toEqual([tokens.session_id, []]);
    expect(answer.body).toMatchObject({ access_token: expect.any(String) });
    const asked = await page.askForCookies('/v1/sessions/refresh', { body });
    expect([idOf(asked), asked.headers.getSetCookie().length]).toEqual([tokens.session_id, 2]);
  });

  test('is missed only where cookies are asked for', async () => {
    const page = new TestPage(app);
    expect(refusalOf(await page.askForCookies('/v1/sessions/refresh', { method: 'POST' }))).toEqual([
      401,
      'invalid-refresh-token',
      0,
    ]);
    const answer = await page.ask('/v1/sessions/refresh', { body: {} });
    expect([answer.status, answer.body]).toMatchObject([422, { errors: [{ pointer: '/refresh_token' }] }]);
  });

  test('that has been followed ends the session, as in a body', async () => {
    const page = await TestPage.of(app, await somebody(app));
    const stolen = page.cookies.get(REFRESH) ?? '';
    await app.db.owner`update session set rotated_at = rotated_at - interval '1 minute'`;
    await page.askForCookies('/v1/sessions/refresh', { method: 'POST' });
    await page.ask('/v1/me');
    await app.db.owner`update session set rotated_at = rotated_at - interval '1 minute'`;
    const headers = { cookie: `${REFRESH}=${stolen}` };
    expect(refusalOf(await page.askForCookies('/v1/sessions/refresh', { method: 'POST', headers }))).toEqual([
      401,
      'session-revoked',
      0,
    ]);
    expect((await page.ask('/v1/me')).status).toBe(401);
  });

  test('is answered with the same successor to tabs that use it at once', async () => {
    const page = await TestPage.of(app, await somebody(app));
    await app.db.owner`update session set rotated_at = rotated_at - interval '1 minute'`;
    const cookie = `${REFRESH}=${page.cookies.get(REFRESH) ?? ''}`;
    const tabs = Array.from({ length: 8 }, () => new TestPage(app));
    await Promise.all(
      tabs.map((tab) => tab.askForCookies('/v1/sessions/refresh', { method: 'POST', headers: { cookie } })),
    );
    expect(new Set(tabs.map((tab) => tab.cookies.get(REFRESH))).size).toBe(1);
  });
});

test('the cookie of the device token keeps its attempts for the device that has logged in', async () => {
  const ada = await somebody(app);
  const page = await TestPage.of(app, ada);
  const did = decodeJwt(page.cookies.get(DEVICE) ?? '').did;
  for (let n = 0; n < 6; n++) await ada.logIn({ password: 'wrong horse battery' });
  expect((await ada.logIn()).status).toBe(429);
  // A page that does not ask for cookies does not get the use of them.
  expect((await page.ask('/v1/sessions', { body: { email: ada.email, password: ada.password } })).status).toBe(429);
  await TestPage.of(app, ada, page);
  expect(decodeJwt(page.cookies.get(DEVICE) ?? '').did).toBe(did);
});

describe('logging out', () => {
  const cleared = [ACCESS, REFRESH, DEVICE].map(
    (name) => `${name}=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax`,
  );

  test.each([
    ['/v1/sessions/current', cleared],
    ['/v1/sessions', cleared],
    ['/v1/sessions?except=current', []],
  ])('by DELETE %s', async (path, cookies) => {
    const page = await TestPage.of(app, await somebody(app));
    const answer = await page.ask(path, { method: 'DELETE' });
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([204, cookies]);
    expect((await page.ask('/v1/me')).status).toBe(cookies.length === 0 ? 200 : 401);
  });

  test('by the id of the session, and not by that of another one', async () => {
    const ada = await somebody(app);
    const [page, other] = [await TestPage.of(app, ada), await TestPage.of(app, ada)];
    const gone = await page.ask(`/v1/sessions/${other.sessionId}`, { method: 'DELETE' });
    expect([gone.status, gone.headers.getSetCookie()]).toEqual([204, []]);
    const own = await page.ask(`/v1/sessions/${page.sessionId.toUpperCase()}`, { method: 'DELETE' });
    expect([own.status, own.headers.getSetCookie()]).toEqual([204, cleared]);
  });

  test('for ever: whoever deletes the account keeps no cookie', async () => {
    const page = await TestPage.of(app, await somebody(app));
    const answer = await page.ask('/v1/me', { method: 'DELETE' });
    expect([answer.status, answer.headers.getSetCookie()]).toEqual([200, cleared]);
  });

  test('a refusal leaves the cookies as they are', async () => {
    const page = await TestPage.of(app, await somebody(app));
    const answers = [
      await page.ask('/v1/sessions/01a20d96-fc7a-7d2f-a487-006739ba91f0', { method: 'DELETE' }),
      await page.ask('/v1/sessions?except=all', { method: 'DELETE' }),
    ];
    expect(answers.map(refusalOf)).toEqual([
      [404, 'not-found', 0],
      [422, 'validation-failed', 0],
    ]);
    expect((await page.ask('/v1/me')).status).toBe(200);
  });
});
