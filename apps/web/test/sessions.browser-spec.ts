import type { TestUser } from '#testing/admins';
import { twinOf } from '#testing/forged-tokens';
import { TestSession } from '#testing/sessions';
import { ageSession } from '#testing/time-travel';

import {
  ACCESS,
  type Cookies,
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

/** Somebody whose session was opened a while ago: the next refresh is a rotation. */
async function someoneFromBefore(web: TestWeb): Promise<TestUser> {
  const user = await web.someone();
  await user.session.renew();
  await ageSession(web.app.db, user.session.id, 60);
  return user;
}

/** How many refreshes of each outcome some work brings about. */
async function refreshesOf(web: TestWeb, work: () => Promise<unknown>): Promise<Readonly<Record<string, number>>> {
  const before = await web.refreshes();
  await work();
  const after = Object.entries(await web.refreshes());
  return Object.fromEntries(after.map(([outcome, n]) => [outcome, n - (before[outcome] ?? 0)]).filter(([, n]) => n));
}

const sumOf = (counted: Readonly<Record<string, number>>): number => Object.values(counted).reduce((a, b) => a + b, 0);

async function endElsewhere(web: TestWeb, { who, session }: TestUser): Promise<void> {
  const other = await TestSession.of(web.app, who);
  await other.ask(`/v1/sessions/${session.id}`, { method: 'DELETE' });
  expect(await session.isAlive()).toBe(false);
}

describeWeb('a session in the web application', (web) => {
  test('a page asks the API for what it shows, and once more when the access token is over', async () => {
    const user = await web.someone();
    // The first of all reads the key set.
    await web.ask('/account', cookiesOf(user));
    lines(web);
    await web.ask('/account', cookiesOf(user));
    expect(lines(web)).toEqual(['GET /v1/me']);
    await web.ask('/reauthenticate', cookiesOf(user));
    expect(lines(web)).toEqual([]);
    await web.askAgain('/account', staleCookiesOf(user));
    expect(lines(web)).toEqual([REFRESHING, 'GET /v1/me']);
  });

  test('nothing is asked on behalf of nobody, and links are not looked at in advance', async () => {
    const user = await web.someone();
    lines(web);
    await web.visit('/');
    await web.visit('/login');
    expect(lines(web)).toEqual([]);
    await web.visit('/account', cookiesOf(user));
    expect(lines(web)).toEqual(['GET /v1/me']);
  });

  test('two tabs that refresh at once stay logged in, by one rotation', async () => {
    const user = await someoneFromBefore(web);
    const visit = await web.visit('/login');
    const tabs = [visit.page, await visit.page.context().newPage()];
    await visit.page.context().addCookies(
      Object.entries(staleCookiesOf(user)).map(([name, value]) => ({
        ...{ name, value, domain: 'localhost', path: '/', httpOnly: true, secure: true },
      })),
    );
    const counted = await refreshesOf(web, () => Promise.all(tabs.map((tab) => tab.goto(`${web.url}/account`))));
    expect([counted.rotated, sumOf(counted)]).toEqual([1, 1 + (counted.repeated ?? 0)]);
    for (const tab of tabs) expect(await tab.getByRole('main').innerText()).toContain(user.who.email);
    for (const tab of tabs) {
      await tab.reload();
      expect(await tab.getByRole('main').innerText()).toContain(user.who.email);
    }
  });

  test('eight requests at once with a token that is over get the same successor, by one rotation', async () => {
    const user = await someoneFromBefore(web);
    let answers: readonly Response[] = [];
    // Long enough for all of them to come before the first is answered.
    web.network.delay = 1_000;
    lines(web);
    const counted = await refreshesOf(web, async () => {
      answers = await Promise.all(Array.from({ length: 8 }, () => web.ask('/account', staleCookiesOf(user))));
    });
    web.network.delay = 0;
    expect(answers.map(({ status }) => status)).toEqual(Array.from({ length: 8 }, () => 307));
    expect(lines(web)).toEqual([REFRESHING]);
    expect(new Set(answers.map((answer) => setCookies(answer)[REFRESH])).size).toBe(1);
    for (const answer of answers) {
      const page = await web.ask('/account', setCookies(answer));
      expect(await page.text()).toContain(user.who.email);
    }
    expect([counted.rotated, sumOf(counted)]).toEqual([1, 1 + (counted.repeated ?? 0)]);
  });

  test.each([
    ['a token that is good', cookiesOf],
    ['a token that is over', staleCookiesOf],
  ])('a session that was ended elsewhere leads to the log-in, which says so: with %s', async (_, cookies) => {
    const user = await web.someone();
    await endElsewhere(web, user);
    const path = '/account/activity?cursor=a+b';
    const visit = await web.visit(path, cookies(user));
    expect(new URL(visit.page.url()).pathname).toBe('/login');
    expect(await visit.page.getByRole('main').innerText()).toContain('Your session was ended.');
    expect(await cookiesIn(visit)).toEqual({});
    expect(new URL(visit.page.url()).searchParams.get('next')).toBe(path);
  });

  test('a form that is sent in a session that has ended leads to the log-in as well', async () => {
    const user = await web.someone();
    const visit = await web.visit('/reauthenticate?next=/account/deletion', cookiesOf(user));
    await endElsewhere(web, user);
    await visit.page.getByLabel('Password').fill(user.who.password);
    await visit.page.getByRole('button', { name: 'Go on' }).click();
    await visit.page.waitForURL('**/login?**');
    expect(await visit.page.getByRole('main').innerText()).toContain('Your session was ended.');
    expect(await cookiesIn(visit)).toEqual({});
    await visit.page.getByLabel('E-mail address or user name').fill(user.who.email);
    await visit.page.getByLabel('Password').fill(user.who.password);
    await visit.page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
    await visit.page.waitForURL(({ pathname }) => pathname === '/reauthenticate');
    expect(new URL(visit.page.url()).searchParams.get('next')).toBe('/account/deletion');
  });

  describe.each([
    ['a session that was ended elsewhere', endElsewhere, true],
    ['one whose token is over as well', endElsewhere, false],
    ['one that another tab has logged out of', (_: TestWeb, { session }: TestUser) => session.isAlive(), undefined],
  ])('after %s', (_, happen, keepsAccess) => {
    test('nobody gets back to the pages that a tab had open', async () => {
      const user = await web.someone();
      const { page } = await web.visit('/account', cookiesOf(user));
      const follow = (name: string): Promise<void> => page.getByRole('link', { name, exact: true }).click();
      await follow('Sessions');
      await page.getByRole('heading', { name: 'Sessions' }).waitFor();
      await follow('Activity');
      await page.getByRole('heading', { name: 'Activity' }).waitFor();
      await happen(web, user);
      if (keepsAccess === undefined) await page.context().clearCookies();
      if (keepsAccess === false) await page.context().clearCookies({ name: ACCESS });
      await follow('Profile');
      await page.waitForURL('**/login?**');
      for (let n = 0; n < 2; n += 1) {
        await page.goBack({ waitUntil: 'networkidle' });
        expect([new URL(page.url()).pathname, await page.title()]).toEqual(['/login', 'Log in · Troth']);
      }
    });
  });

  test('nor do they after a form that found the session ended', async () => {
    const user = await web.someone();
    const { page } = await web.visit('/account', cookiesOf(user));
    await page.getByRole('link', { name: 'Password', exact: true }).click();
    await page.getByRole('heading', { name: 'Password' }).waitFor();
    await endElsewhere(web, user);
    await page.getByLabel('Present password').fill(user.who.password);
    await page.getByLabel('New password', { exact: true }).fill('another horse battery');
    await page.getByRole('button', { name: 'Set the new password' }).click();
    await page.waitForURL('**/login?**');
    for (let n = 0; n < 2; n += 1) {
      await page.goBack({ waitUntil: 'networkidle' });
      expect([new URL(page.url()).pathname, await page.title()]).toEqual(['/login', 'Log in · Troth']);
    }
  });

  test('a link to /session-ended ends no session', async () => {
    const user = await web.someone();
    const visit = await web.visit('/session-ended', cookiesOf(user));
    expect(new URL(visit.page.url()).pathname).toBe('/account');
    expect(await cookiesIn(visit)).toEqual(cookiesOf(user));
    for (const [next, way] of [
      ['/admin/users?email=a+b', '/admin/users?email=a+b'],
      ['//evil.example', '/account'],
      ['/.//evil.example', '/account'],
    ] as const) {
      const answer = await web.ask(`/session-ended?next=${encodeURIComponent(next)}`, cookiesOf(user));
      expect(answer.headers.get('location')).toBe(way);
    }
  });

  test('who logs out with a token that is over is logged out', async () => {
    const user = await web.someone();
    const visit = await web.visit('/account', cookiesOf(user));
    await visit.page.context().clearCookies({ name: ACCESS });
    await visit.page.getByRole('button', { name: 'Log out' }).click();
    await visit.page.getByText('You are logged out.').waitFor();
    expect(await cookiesIn(visit)).toEqual({});
    expect((await user.session.refresh()).status).toBe(401);
  });

  test.each([
    ['whose token is over', () => Promise.resolve()],
    ['that has ended', endElsewhere],
  ])('who logs in over a session %s has the new one', async (_, happen) => {
    const [former, user] = [await web.someone(), await web.someone()];
    const visit = await web.visit('/login', cookiesOf(former));
    await happen(web, former);
    await visit.page.context().clearCookies({ name: ACCESS });
    await visit.page.getByLabel('E-mail address or user name').fill(user.who.email);
    await visit.page.getByLabel('Password').fill(user.who.password);
    await visit.page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
    await visit.page.waitForURL('**/account');
    await visit.page.reload();
    expect(await visit.page.getByRole('main').innerText()).toContain(user.who.email);
  });

  describe('when the API refuses an access token that is good here, as with another clock', () => {
    /** The other signature for the same token: the API takes the lower one alone. */
    const refusedCookiesOf = (user: TestUser): Cookies => ({
      ...cookiesOf(user),
      [ACCESS]: twinOf(user.session.tokens.access_token),
    });

    test('a page is shown with another token, which the browser has before', async () => {
      const user = await web.someone();
      lines(web);
      const visit = await web.visit('/account', refusedCookiesOf(user));
      expect(await visit.page.getByRole('main').innerText()).toContain(user.who.email);
      // The page, the look whether the session has ended, and the page again.
      expect(lines(web)).toEqual(['GET /v1/me', 'GET /v1/me', REFRESHING, 'GET /v1/me']);
      await visit.page.reload();
      expect(lines(web)).toEqual(['GET /v1/me']);
    });

    test('a form is done with another token, which is kept', async () => {
      const user = await web.someone();
      const visit = await web.visit('/reauthenticate', refusedCookiesOf(user));
      lines(web);
      await visit.page.getByLabel('Password').fill(user.who.password);
      await visit.page.getByRole('button', { name: 'Go on' }).click();
      await visit.page.waitForURL('**/account');
      expect(lines(web)).toContain(REFRESHING);
      await visit.page.reload();
      expect(lines(web)).toEqual(['GET /v1/me']);
    });

    test('a session that has ended leads to the log-in by the refresh that is refused', async () => {
      const user = await web.someone();
      await endElsewhere(web, user);
      const visit = await web.visit('/account', refusedCookiesOf(user));
      expect(new URL(visit.page.url()).search).toBe('?reason=session-ended&next=%2Faccount');
      expect(await cookiesIn(visit)).not.toHaveProperty([REFRESH]);
    });

    test('a session whose refresh nobody answers stays', async () => {
      const user = await web.someone();
      const looked = await web.ask('/session-ended', refusedCookiesOf(user));
      expect([looked.headers.get('location'), setCookies(looked)]).toEqual(['/account', { [ACCESS]: '' }]);
      web.network.cutAtReply('"refresh_token"');
      const away = await web.ask('/account', { [REFRESH]: user.session.tokens.refresh_token });
      expect(setCookies(away)).toEqual({});
      const alive = await web.ask('/account', { [REFRESH]: user.session.tokens.refresh_token });
      expect(Object.keys(setCookies(alive)).sort()).toEqual([ACCESS, REFRESH]);
    });
  });
});
