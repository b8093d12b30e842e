import { TestClaimant } from '#testing/claimant';
import { decodeJwt } from '#testing/jwt';
import { TestSession } from '#testing/sessions';
import { startTestApp, type TestApp } from '#testing/test-app';
import { ACCESS, DEVICE, REFRESH, refusalOf, somebody, TestPage, WEB_ORIGIN } from '#testing/web-page';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ WEB_ORIGINS: `${WEB_ORIGIN},http://localhost:5173` });
});
afterAll(() => app.stop());

describe('session fixation: what was planted before a log-in', () => {
  async function planted(): Promise<{ readonly mallory: TestPage; readonly victim: TestPage }> {
    const mallory = await TestPage.of(app, await somebody(app));
    const victim = new TestPage(app);
    for (const [name, value] of mallory.cookies) victim.cookies.set(name, value);
    return { mallory, victim };
  }

  test('is taken over by none of the tokens of a log-in', async () => {
    const ada = await somebody(app);
    const { mallory, victim } = await planted();
    await TestPage.of(app, ada, victim);
    for (const name of [ACCESS, REFRESH, DEVICE]) expect(victim.cookies.get(name)).not.toBe(mallory.cookies.get(name));
    expect(victim.sessionId).not.toBe(mallory.sessionId);
    const [hers, his] = [victim, mallory].map((page) => decodeJwt(page.cookies.get(DEVICE) ?? ''));
    expect([hers?.sub === his?.sub, hers?.did === his?.did]).toEqual([false, false]);
    expect((await victim.ask('/v1/me')).body).toMatchObject({ email: ada.email });
    expect((await mallory.ask('/v1/me')).body).not.toMatchObject({ email: ada.email });
  });

  test('is taken over by none of the tokens of an activation', async () => {
    const { mallory, victim } = await planted();
    const ada = new TestClaimant(app, 'activated@example.com');
    await ada.register();
    await victim.askForCookies('/v1/registrations/activation', {
      body: { code: await ada.code(), create_session: true },
      as: [ada.email, ada.password],
    });
    for (const name of [ACCESS, REFRESH, DEVICE]) expect(victim.cookies.get(name)).not.toBe(mallory.cookies.get(name));
    expect(victim.sessionId).not.toBe(mallory.sessionId);
    expect((await victim.ask('/v1/me')).body).toMatchObject({ email: ada.email });
  });

  test('and stands beside a cookie of the same name opens nothing, nor does the other one', async () => {
    const ada = await somebody(app);
    const [victim, mallory] = [await TestPage.of(app, ada), await TestPage.of(app, await somebody(app))];
    const twice = (name: string) =>
      `${name}=${mallory.cookies.get(name) ?? ''}; ${name}=${victim.cookies.get(name) ?? ''}`;
    const me = await victim.ask('/v1/me', { headers: { cookie: twice(ACCESS) } });
    expect(refusalOf(me)).toEqual([401, 'unauthenticated', 0]);
    const refresh = await victim.askForCookies('/v1/sessions/refresh', {
      body: {},
      headers: { cookie: twice(REFRESH) },
    });
    expect(refusalOf(refresh)).toEqual([401, 'invalid-refresh-token', 0]);
  });
});

describe('the cookie of the access token', () => {
  test.each(['x', '', '"x"', 'a b', 'ä', '.'.repeat(3_000)])('that holds %j opens nothing', async (value) => {
    const headers = { cookie: `${ACCESS}=${Buffer.from(value, 'utf8').toString('latin1')}` };
    expect(refusalOf(await new TestPage(app).ask('/v1/me', { headers }))).toEqual([401, 'unauthenticated', 0]);
  });

  test('is of no other kind of token, and of no other name', async () => {
    const page = await TestPage.of(app, await somebody(app));
    const [access = '', refresh = '', device = ''] = [ACCESS, REFRESH, DEVICE].map((name) => page.cookies.get(name));
    const cookies = [
      `${ACCESS}=${refresh}`,
      `${ACCESS}=${device}`,
      `${REFRESH}=${access}`,
      `troth-access=${access}`,
      `${ACCESS.toLowerCase()}=${access}`,
    ];
    for (const cookie of cookies)
      expect([cookie.slice(0, 30), (await page.ask('/v1/me', { headers: { cookie } })).status]).toEqual([
        cookie.slice(0, 30),
        401,
      ]);
  });

  test('opens nothing once its session is over, and then says so', async () => {
    const page = await TestPage.of(app, await somebody(app));
    await app.db.owner`delete from session where id = ${page.sessionId}::uuid`;
    expect(refusalOf(await page.ask('/v1/me'))).toEqual([401, 'session-revoked', 0]);
  });

  test('counts for nothing beside a bearer token', async () => {
    const [ada, bob] = [await somebody(app), await somebody(app)];
    const page = await TestPage.of(app, ada);
    const session = await TestSession.of(app, bob);
    const authorization = `Bearer ${session.tokens.access_token}`;
    expect((await page.ask('/v1/me', { headers: { authorization } })).body).toMatchObject({ email: bob.email });
    // What has been chosen so needs no page: it does not come by itself.
    const headers = { authorization, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
    const ended = await page.ask('/v1/sessions/current', { method: 'DELETE', headers });
    expect([ended.status, ended.headers.getSetCookie()]).toEqual([204, []]);
    expect([await session.isAlive(), (await page.ask('/v1/me')).status]).toEqual([false, 200]);
  });

  test.each(['Bearer x', 'Bearer', '', 'Basic YTpi', 'bearer a b'])(
    'does not stand in for the Authorization %j',
    async (authorization) => {
      const page = await TestPage.of(app, await somebody(app));
      expect(refusalOf(await page.ask('/v1/me', { headers: { authorization } }))).toEqual([401, 'unauthenticated', 0]);
    },
  );

  test('is no way to activate', async () => {
    const page = await TestPage.of(app, await somebody(app));
    const answer = await page.askForCookies('/v1/registrations/activation', { body: { code: '0000' } });
    expect(refusalOf(answer)).toEqual([401, 'unauthenticated', 0]);
  });
});
