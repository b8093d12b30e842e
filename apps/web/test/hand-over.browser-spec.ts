import type { TestUser } from '#testing/admins';
import { eventually } from '#testing/eventually';
import { FaultProxy } from '#testing/fault-proxy';
import { events } from '#testing/rows';
import { ageSession } from '#testing/time-travel';

import {
  ACCESS,
  cookiesIn,
  cookiesOf,
  describeWeb,
  REFRESH,
  setCookies,
  staleCookiesOf,
  type TestWeb,
} from './test-web.ts';

jest.setTimeout(120_000);

const REFRESHING = 'POST /v1/sessions/refresh';
const lines = (web: TestWeb): readonly string[] => web.calls().map(({ line }) => line);

/** Everything about a session was longer ago than tabs and retries are forgiven. */
const passGrace = (web: TestWeb, { session }: TestUser): Promise<void> => ageSession(web.app.db, session.id, 60);

/** Somebody whose next refresh is a rotation. */
async function someoneFromBefore(web: TestWeb): Promise<TestUser> {
  const user = await web.someone();
  await user.session.renew();
  await passGrace(web, user);
  return user;
}

async function expectNoAlarm(web: TestWeb): Promise<void> {
  expect(await events(web.app.db)).not.toContain('session.reuse_detected');
}

/** As the router of Next.js asks for a page. */
const SOFT = { rsc: '1', 'sec-fetch-dest': 'empty', 'sec-fetch-site': 'same-origin' };

describeWeb('new tokens on their way to a browser', (web) => {
  test.each([
    ['a document', {}],
    ['the router', SOFT],
  ])('for %s: they are not used before it has them, and an answer that is lost ends no session', async (_, headers) => {
    const user = await someoneFromBefore(web);
    const stale = staleCookiesOf(user);
    lines(web);
    const lost = await web.ask('/account?_rsc=x', stale, { headers });
    expect([lost.status, lost.headers.get('location'), lines(web)]).toEqual([307, '/account?_rsc=x', [REFRESHING]]);
    expect(lost.headers.get('cache-control')).toContain('no-store');
    await passGrace(web, user);
    const page = await web.ask('/account', setCookies(await web.ask('/account', stale, { headers })));
    expect(await page.text()).toContain(user.who.email);
    await expectNoAlarm(web);
  });

  test('a browser whose network loses them gets them later', async () => {
    const user = await someoneFromBefore(web);
    const visit = await web.visit('/privacy', cookiesOf(user));
    const { page } = visit;
    const network = await FaultProxy.before(web.url.replace('localhost', '127.0.0.1'));
    const account = `http://localhost:${new URL(network.through('http://localhost')).port}/account`;
    await page.context().clearCookies({ name: ACCESS });
    lines(web);
    network.fault = 'swallow-replies';
    const loaded = page.goto(account).then(
      () => true,
      () => false,
    );
    await eventually(() => Promise.resolve(lines(web).includes(REFRESHING) || undefined));
    // A browser tries again by itself what was cut off.
    network.fault = 'refuse';
    network.cut();
    expect(await loaded).toBe(false);
    network.fault = 'none';
    expect((await cookiesIn(visit))[REFRESH]).toBe(cookiesOf(user)[REFRESH]);
    await passGrace(web, user);
    const tab = await page.context().newPage();
    await tab.goto(account);
    expect(await tab.getByRole('main').innerText()).toContain(user.who.email);
    expect((await cookiesIn(visit))[REFRESH]).not.toBe(cookiesOf(user)[REFRESH]);
    await expectNoAlarm(web);
    await network.close();
  });

  test('the router goes on with a page whose access token is over, at the price of one refresh', async () => {
    const user = await someoneFromBefore(web);
    const visit = await web.visit('/account', cookiesOf(user));
    const { page } = visit;
    await page.context().clearCookies({ name: ACCESS });
    lines(web);
    const answers: (readonly [string, number])[] = [];
    page.on('response', (response) => {
      const kind = response.request().resourceType();
      if (kind === 'document' || kind === 'fetch') answers.push([kind, response.status()]);
    });
    await page.getByRole('link', { name: 'Sessions' }).click();
    await page.getByRole('heading', { name: 'Sessions' }).waitFor();
    expect(new URL(page.url()).pathname + new URL(page.url()).search).toBe('/account/sessions');
    expect(answers).toEqual([
      ['fetch', 307],
      ['fetch', 200],
    ]);
    expect(lines(web)).toEqual([REFRESHING, 'GET /v1/sessions']);
  });

  test.each([
    ['with a script', true],
    ['without one', false],
  ])('a form is sent again with them, and does its work once: %s', async (_, javaScriptEnabled) => {
    const user = await someoneFromBefore(web);
    const visit = await web.visit('/reauthenticate', cookiesOf(user), { javaScriptEnabled });
    const { page } = visit;
    await page.context().clearCookies({ name: ACCESS });
    await page.getByLabel('Password').fill(user.who.password);
    lines(web);
    await page.getByRole('button', { name: 'Go on' }).click();
    await page.waitForURL('**/account');
    const asked = lines(web);
    expect(asked.slice(0, 2)).toEqual([REFRESHING, 'POST /v1/sessions/current/reauthentication']);
    expect(asked.filter((line) => line.startsWith('POST'))).toHaveLength(2);
    await expectNoAlarm(web);
  });

  test('what Next.js asks itself for after an action refreshes nothing: the browser would never get it', async () => {
    const user = await someoneFromBefore(web);
    const visit = await web.visit('/register', cookiesOf(user));
    const { page } = visit;
    await page.context().clearCookies({ name: ACCESS });
    await page.getByLabel('E-mail address').fill(web.address());
    await page.getByLabel('Password', { exact: true }).fill('correct horse battery');
    // With the form nothing can be refreshed; a moment later, when the next page is asked for, it can.
    web.network.cutAtReply('"refresh_token"');
    lines(web);
    await page.getByRole('main').getByRole('button', { name: 'Register' }).click();
    await page.waitForURL('**/verify');
    await page.getByRole('heading', { level: 1 }).waitFor();
    expect(lines(web)).toEqual([REFRESHING, 'POST /v1/registrations', REFRESHING]);
    expect((await cookiesIn(visit))[REFRESH]).not.toBe(cookiesOf(user)[REFRESH]);
    await passGrace(web, user);
    expect(await (await web.ask('/account', await cookiesIn(visit))).text()).toContain(user.who.email);
    await expectNoAlarm(web);
  });

  test('a browser that keeps no cookies is not sent in circles, and uses nothing', async () => {
    const user = await someoneFromBefore(web);
    const cookies = staleCookiesOf(user);
    const cookie = Object.entries(cookies).map((pair) => pair.join('='));
    const answer = await fetch(`${web.url}/account`, { headers: { cookie: cookie.join('; ') } });
    expect([answer.status, await answer.text()]).toEqual([200, expect.stringContaining('The service does not answer')]);
    await passGrace(web, user);
    expect((await user.session.refresh()).status).toBe(200);
    await expectNoAlarm(web);
  });

  test.each(['//evil.example/', '/\\evil.example/', '//evil.example/account?_rsc=x', '/%5C/evil.example'])(
    '%s leads to no other site',
    async (path) => {
      const user = await someoneFromBefore(web);
      const answer = await web.ask(path, staleCookiesOf(user));
      const location = answer.headers.get('location') ?? '/';
      expect(new URL(location, web.url).origin).toBe(web.url);
    },
  );

  test.each(['/account?a=1&a=2&b=%20+%C3%A4', '/account/sessions?x=%2F%3F'])('%s stays what it is', async (path) => {
    const user = await someoneFromBefore(web);
    const answer = await web.ask(path, staleCookiesOf(user));
    expect([answer.status, answer.headers.get('location')]).toEqual([307, path]);
    const head = await web.ask(path, staleCookiesOf(user), { method: 'HEAD' });
    expect([head.status, head.headers.get('location')]).toEqual([307, path]);
  });
});

describeWeb(
  'tokens that live for half a minute',
  (web) => {
    test('are kept until half of it is over', async () => {
      const user = await web.someone();
      const given = setCookies(await web.ask('/account', staleCookiesOf(user)));
      lines(web);
      expect((await web.ask('/account', given)).status).toBe(200);
      expect(lines(web)).toEqual(['GET /v1/me']);
    });
  },
  { ACCESS_TOKEN_SECONDS: '30' },
);
