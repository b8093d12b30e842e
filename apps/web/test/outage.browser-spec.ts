import type { Fault } from '#testing/fault-proxy';

import { heading } from './steps.ts';
import { ACCESS, cookiesIn, cookiesOf, describeWeb, REFRESH, staleCookiesOf, type TestWeb } from './test-web.ts';

jest.setTimeout(120_000);

const AWAY = 'The service does not answer';

function fail(web: TestWeb, fault: Fault): void {
  web.network.delay = 0;
  web.network.fault = fault;
  web.network.cut();
}

describeWeb('the web application while the API is away', (web) => {
  afterEach(() => fail(web, 'none'));

  test.each([
    ['a token that is good', cookiesOf],
    ['a token that is over', staleCookiesOf],
  ])('a page says so, keeps the session, and works again afterwards: with %s', async (_, cookies) => {
    const user = await web.someone();
    // The key set is known by then, as it is in a service that runs.
    await web.ask('/account', cookiesOf(user));
    fail(web, 'refuse');
    const visit = await web.visit('/account', cookies(user));
    await heading(visit, AWAY);
    expect(await cookiesIn(visit)).toEqual(cookies(user));
    fail(web, 'none');
    await visit.page.getByRole('link', { name: 'Try again' }).click();
    await heading(visit, 'Profile');
    expect(await visit.page.getByRole('main').innerText()).toContain(user.who.email);
  });

  test('a page without a script says so as well', async () => {
    const user = await web.someone();
    fail(web, 'refuse');
    const visit = await web.visit('/account', cookiesOf(user), { javaScriptEnabled: false });
    await heading(visit, AWAY);
    fail(web, 'none');
    await visit.page.getByRole('link', { name: 'Try again' }).click();
    await heading(visit, 'Profile');
  });

  test('a form says so, and keeps what was typed', async () => {
    const { who } = await web.someone();
    const visit = await web.visit('/login');
    fail(web, 'refuse');
    await visit.page.getByLabel('E-mail address or user name').fill(who.email);
    await visit.page.getByLabel('Password').fill(who.password);
    await visit.page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
    await visit.page.getByText('The service does not answer at the moment.').waitFor();
    fail(web, 'none');
    await visit.page.getByLabel('Password').fill(who.password);
    await visit.page.getByRole('main').getByRole('button', { name: 'Log in' }).click();
    await visit.page.waitForURL('**/account');
  });

  test('who logs out is logged out of this browser', async () => {
    const user = await web.someone();
    const visit = await web.visit('/account', cookiesOf(user));
    fail(web, 'refuse');
    await visit.page.getByRole('button', { name: 'Log out' }).click();
    await visit.page.waitForURL('**/login?**');
    expect(await cookiesIn(visit)).toEqual({});
  });

  test('who wants to end all sessions is told that none has ended', async () => {
    const user = await web.someone();
    const visit = await web.visit('/account/sessions', cookiesOf(user));
    fail(web, 'refuse');
    await visit.page.getByRole('button', { name: 'End all, and log out' }).click();
    await heading(visit, 'The service does not answer');
    expect(await cookiesIn(visit)).toEqual(cookiesOf(user));
    fail(web, 'none');
    expect(await user.session.isAlive()).toBe(true);
    await visit.page.getByRole('link', { name: 'Try again' }).click();
    await heading(visit, 'Sessions');
  });

  test('pages for everybody are there', async () => {
    fail(web, 'refuse');
    expect((await web.ask('/login')).status).toBe(200);
  });

  test('an API that takes its time is waited for', async () => {
    const user = await web.someone();
    web.network.delay = 1_000;
    const begun = performance.now();
    const visit = await web.visit('/account', staleCookiesOf(user));
    await heading(visit, 'Profile');
    expect(performance.now() - begun).toBeGreaterThan(2_000);
  });

  test('no session is given up of which nobody can tell', async () => {
    const user = await web.someone();
    fail(web, 'refuse');
    const answer = await web.ask('/session-ended', staleCookiesOf(user));
    expect(answer.headers.get('location')).toBe('/unavailable?next=%2Faccount');
    expect(answer.headers.getSetCookie()).toEqual([]);
    fail(web, 'none');
    const visit = await web.visit('/reauthenticate', cookiesOf(user));
    await visit.page.context().clearCookies({ name: ACCESS });
    fail(web, 'refuse');
    await visit.page.getByLabel('Password').fill(user.who.password);
    await visit.page.getByRole('button', { name: 'Go on' }).click();
    await visit.page.getByText('The service does not answer at the moment.').waitFor();
    expect(Object.keys(await cookiesIn(visit))).toEqual([REFRESH]);
  });

  test('a form that is sent when a refresh has failed ends no session', async () => {
    const user = await web.someone();
    const visit = await web.visit('/reauthenticate', cookiesOf(user));
    await visit.page.context().clearCookies({ name: ACCESS });
    // The answer to the refresh is lost; what is asked next would be answered.
    web.network.cutAtReply('"refresh_token"');
    await visit.page.getByLabel('Password').fill(user.who.password);
    await visit.page.getByRole('button', { name: 'Go on' }).click();
    await visit.page.getByText('The service does not answer at the moment.').waitFor();
    await visit.page.getByLabel('Password').fill(user.who.password);
    await visit.page.getByRole('button', { name: 'Go on' }).click();
    await visit.page.waitForURL('**/account');
  });

  test('a download says so, whatever is known of the session', async () => {
    const user = await web.someone();
    fail(web, 'refuse');
    for (const cookies of [cookiesOf(user), staleCookiesOf(user)]) {
      const answer = await web.ask('/account/export', cookies);
      expect([answer.status, answer.headers.get('location')]).toEqual([303, '/account/deletion?download=away']);
    }
  });

  test('one that never answers is not waited for long', async () => {
    const user = await web.someone();
    await web.ask('/account', cookiesOf(user));
    web.network.fault = 'swallow-replies';
    const answer = await web.ask('/account', cookiesOf(user));
    expect(answer.headers.get('location')).toBe('/unavailable?next=%2Faccount');
    expect(answer.headers.getSetCookie()).toEqual([]);
  });
});
