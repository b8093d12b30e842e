import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type Ask, type TestApp } from '#testing/test-app';
import { ACCESS, refusalOf, somebody, TestPage, WEB_ORIGIN } from '#testing/web-page';

const REAUTHENTICATION = '/v1/sessions/current/reauthentication';
const FORBIDDEN = [403, 'forbidden', 0];

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ WEB_ORIGINS: `${WEB_ORIGIN},http://localhost:5173` });
});
afterAll(() => app.stop());

async function sessionsOf(email: string): Promise<unknown> {
  return app.db.owner`
    select session.id, generation, session.authenticated_at
      from session join address on address.account_id = session.account_id
     where email = ${email}`;
}

/** What a browser sends for pages that may not have cookies. */
const FOREIGN: readonly (readonly [string, Readonly<Record<string, string>>])[] = [
  ['no Origin', {}],
  ['no Origin, but a same-origin navigation', { 'sec-fetch-site': 'same-origin' }],
  ['a null Origin', { origin: 'null' }],
  ['a null Origin of this site', { origin: 'null', 'sec-fetch-site': 'same-origin' }],
  ['a foreign Origin', { origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' }],
  ['a foreign Origin of an old browser', { origin: 'https://evil.example' }],
  ['another scheme', { origin: 'http://app.example.com', 'sec-fetch-site': 'same-site' }],
  ['another port', { origin: 'https://app.example.com:8443', 'sec-fetch-site': 'same-site' }],
  ['a sibling', { origin: 'https://blog.example.com', 'sec-fetch-site': 'same-site' }],
  ['the parent', { origin: 'https://example.com', 'sec-fetch-site': 'same-site' }],
  ['a longer name', { origin: 'https://app.example.com.evil.example' }],
  ['a listed Origin on another site', { origin: WEB_ORIGIN, 'sec-fetch-site': 'cross-site' }],
  ['a listed Origin and no page at all', { origin: WEB_ORIGIN, 'sec-fetch-site': 'none' }],
];

/** Asks as such a page: nothing but these headers. */
function askAs(headers: Readonly<Record<string, string>>, path: string, ask: Ask): Promise<Answer> {
  return app.ask(path, { ...ask, headers: { ...headers, ...ask.headers } });
}

describe.each(FOREIGN)('for %s', (_, headers) => {
  test('nobody is logged in by cookies, and nothing falls back to the body', async () => {
    const ada = await somebody(app);
    const logIn = { email: ada.email, password: ada.password };
    const asking = { 'troth-transport': 'cookie' };
    app.statements();
    const answers = [
      await askAs(headers, '/v1/sessions', { body: logIn, headers: asking }),
      await askAs(headers, '/v1/sessions/refresh', { body: { refresh_token: 'x' }, headers: asking }),
      await askAs(headers, '/v1/registrations/activation', {
        body: { code: '0000', create_session: true },
        as: [ada.email, ada.password],
        headers: asking,
      }),
    ];
    expect(answers.map(refusalOf)).toEqual([FORBIDDEN, FORBIDDEN, FORBIDDEN]);
    expect(app.statements().filter((text) => !text.includes('letter'))).toEqual([]);
    expect(await sessionsOf(ada.email)).toEqual([]);
  });

  test('cookies change nothing', async () => {
    const ada = await somebody(app);
    const page = await TestPage.of(app, ada);
    const before = await sessionsOf(ada.email);
    const by = { headers: { cookie: page.cookieHeader() } };
    const answers = [
      await askAs(headers, '/v1/sessions/current', { method: 'DELETE', ...by }),
      await askAs(headers, '/v1/sessions', { method: 'DELETE', ...by }),
      await askAs(headers, `/v1/sessions/${page.sessionId}`, { method: 'DELETE', ...by }),
      await askAs(headers, REAUTHENTICATION, { body: { password: ada.password }, ...by }),
      await askAs(headers, '/v1/sessions/refresh', { method: 'POST', ...by }),
      await askAs(headers, '/v1/sessions/refresh', { body: {}, ...by }),
    ];
    expect(answers.map(refusalOf)).toEqual(answers.map(() => FORBIDDEN));
    expect(await sessionsOf(ada.email)).toEqual(before);
    expect((await page.ask('/v1/me')).status).toBe(200);
  });

  test('and what the cookies let it read it cannot see', async () => {
    const page = await TestPage.of(app, await somebody(app));
    const answer = await askAs(headers, '/v1/me', { headers: { cookie: page.cookieHeader(ACCESS) } });
    const shared = answer.headers.get('access-control-allow-origin');
    expect([answer.status, shared]).toEqual([200, headers.origin === WEB_ORIGIN ? WEB_ORIGIN : null]);
  });
});

test('a form of another page logs nobody in, whatever it is said to hold', async () => {
  const ada = await somebody(app);
  const json = JSON.stringify({ email: ada.email, password: ada.password });
  const form = `email=${encodeURIComponent(ada.email)}&password=correct+horse+battery`;
  const bodies = [
    ['application/x-www-form-urlencoded', form],
    ['application/x-www-form-urlencoded', json],
    ['text/plain', json],
    ['text/plain;charset=UTF-8', json],
    [
      'multipart/form-data; boundary=x',
      `--x\r\nContent-Disposition: form-data; name="email"\r\n\r\n${ada.email}\r\n--x--`,
    ],
    ['', json],
  ];
  for (const [type = '', body] of bodies)
    for (const path of ['/v1/sessions', '/v1/sessions/refresh']) {
      const headers = { 'content-type': type, origin: 'https://evil.example', 'sec-fetch-site': 'cross-site' };
      expect([type, refusalOf(await app.ask(path, { method: 'POST', body, headers }))]).toEqual([
        type,
        [415, 'unsupported-media-type', 0],
      ]);
    }
  expect(await sessionsOf(ada.email)).toEqual([]);
});

test('a bearer token does not bring cookies to another page either', async () => {
  const ada = await somebody(app);
  const { tokens } = await TestSession.of(app, ada);
  const headers = { 'troth-transport': 'cookie', authorization: `Bearer ${tokens.access_token}` };
  const ask = { body: { password: ada.password }, headers };
  expect(refusalOf(await app.ask(REAUTHENTICATION, ask))).toEqual(FORBIDDEN);
  expect(refusalOf(await new TestPage(app, 'https://evil.example').ask(REAUTHENTICATION, ask))).toEqual(FORBIDDEN);
  expect(refusalOf(await new TestPage(app).ask(REAUTHENTICATION, ask))).toEqual([200, undefined, 1]);
});

test('without WEB_ORIGINS there are no cookies', async () => {
  const closed = await startTestApp({}, app.db);
  try {
    const ada = await somebody(app);
    const body = { email: ada.email, password: ada.password };
    expect(refusalOf(await new TestPage(closed).askForCookies('/v1/sessions', { body }))).toEqual(FORBIDDEN);
  } finally {
    await closed.stop();
  }
});

test('a browser that does not send Sec-Fetch-Site is known by its Origin alone', async () => {
  const ada = await somebody(app);
  const headers = { origin: WEB_ORIGIN, 'troth-transport': 'cookie' };
  const answer = await app.ask('/v1/sessions', { body: { email: ada.email, password: ada.password }, headers });
  expect([answer.status, answer.headers.getSetCookie().length]).toEqual([201, 3]);
});

test('what is malformed is told before the page, and the page before fields', async () => {
  const headers = { 'troth-transport': 'cookie', origin: 'https://evil.example' };
  const ask = (body: unknown) => app.ask('/v1/sessions', { body, headers });
  expect(refusalOf(await ask('{'))).toEqual([400, 'malformed-request', 0]);
  expect(refusalOf(await ask({ nothing: 'right' }))).toEqual(FORBIDDEN);
});
