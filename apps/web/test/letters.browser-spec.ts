import type { BrowserContextOptions } from 'playwright-core';

import type { TestUser } from '#testing/admins';
import type { Visit } from '#testing/browser';
import { TestClaimant } from '#testing/claimant';
import { changeAddress } from '#testing/email-changes';
import { addressRow } from '#testing/rows';
import { TestSession } from '#testing/sessions';
import { age } from '#testing/time-travel';

import { alert, isAt, press, SCRIPTS, sees } from './steps.ts';
import { cookiesOf, describeWeb, type TestWeb } from './test-web.ts';

jest.setTimeout(120_000);

const NEW_PASSWORD = 'staple battery horse';

/** Where the link of the newest letter leads within the application, once there are `count`. */
async function linkIn(web: TestWeb, who: TestClaimant, count: number): Promise<string> {
  const link = new URL(/^http\S+$/m.exec((await who.letter(count)).text)?.[0] ?? '');
  expect(link.origin).toBe(web.url);
  return link.pathname + link.search;
}

const secondsMuted = async ({ app }: TestWeb): Promise<readonly number[]> => {
  const rows = await app.db.owner<{ seconds: number }[]>`
    select extract(epoch from muted_until - clock_timestamp())::float8 as seconds from registration_mute
     where muted_until > clock_timestamp()`;
  return rows.map(({ seconds }) => seconds);
};

async function askForLink(web: TestWeb, email: string, options: BrowserContextOptions): Promise<string> {
  const visit = await web.visit('/login', {}, options);
  await visit.page.getByRole('link', { name: 'Forgot the password?' }).click();
  await isAt(visit, '/forgot');
  await visit.page.getByLabel('E-mail address').fill(email);
  await press(visit, 'Mail me a link');
  await sees(visit, 'If there is an account with the address');
  return (await visit.page.getByRole('main').innerText()).replaceAll(email, 'it');
}

async function setPassword(visit: Visit, password: string): Promise<void> {
  await visit.page.getByLabel('New password').fill(password);
  await press(visit, 'Set the password');
}

async function logIn(visit: Visit, email: string, password: string): Promise<void> {
  await visit.page.getByLabel('E-mail address or user name').fill(email);
  await visit.page.getByLabel('Password').fill(password);
  await press(visit, 'Log in');
}

async function mute(visit: Visit, choice: string, said: string): Promise<void> {
  await visit.page.getByLabel('Letters about registrations').selectOption({ label: choice });
  await press(visit, 'Save');
  await sees(visit, said);
}

/** Somebody else claims an address; resolves to its owner, to whom a letter with a link came. */
async function claimedByAnother(web: TestWeb): Promise<{ readonly owner: TestClaimant; readonly other: TestClaimant }> {
  const email = web.address('owner');
  const other = new TestClaimant(web.app, email, 'the password of another');
  await other.register();
  return { owner: new TestClaimant(web.app, email, NEW_PASSWORD), other };
}

/** Lets somebody else change the password of a user; resolves to their session and the link of the letter that tells of it. */
async function afterTheft(
  web: TestWeb,
  user: TestUser,
): Promise<{ readonly thief: TestSession; readonly link: string }> {
  const thief = await TestSession.of(web.app, user.who);
  const before = (await user.who.settledLetters()).length;
  const body = { current_password: user.who.password, new_password: 'a password of thieves' };
  expect((await thief.ask('/v1/me/password', { method: 'PUT', body })).status).toBe(204);
  return { thief, link: await linkIn(web, user.who, before + 1) };
}

async function moved(web: TestWeb): Promise<TestUser & { readonly there: TestClaimant; readonly link: string }> {
  const user = await web.someone();
  const { owner: there } = await changeAddress(web.app, user.session, user.who, web.address('thief'));
  return { ...user, there, link: await linkIn(web, user.who, 2) };
}

/** What a browser asks for, and the pages that it says it comes from. */
interface Heard {
  readonly urls: readonly string[];
  readonly referers: () => Promise<ReadonlySet<string | undefined>>;
}

function hear({ page }: Visit): Heard {
  const urls: string[] = [];
  const headers: Promise<Readonly<Record<string, string>>>[] = [];
  page.context().on('request', (request) => urls.push(request.url()));
  page.context().on('requestfinished', (request) => headers.push(request.allHeaders()));
  return { urls, referers: async () => new Set((await Promise.all(headers)).map(({ referer }) => referer)) };
}

/** The ways on from each page: what is pressed there, and which link is followed then. */
const WAYS_ON: readonly (readonly [string, (visit: Visit) => Promise<void>, string])[] = [
  ['password-reset', (visit) => setPassword(visit, 'short'), 'Log in'],
  ['owner', (visit) => press(visit, 'Save'), 'Log in'],
  ['not-me', (visit) => press(visit, 'It was not me'), 'set a new password'],
  ['email-change-revert', (visit) => press(visit, 'Restore my address'), 'Troth'],
];

async function linksByPage(web: TestWeb): Promise<Readonly<Record<string, string>>> {
  const [{ owner }, { who }] = [await claimedByAnother(web), await web.someone()];
  await web.app.ask('/v1/password-resets', { body: { email: who.email } });
  const links = [
    await linkIn(web, owner, 1),
    await linkIn(web, who, 2),
    (await afterTheft(web, await web.someone())).link,
    (await moved(web)).link,
  ];
  return Object.fromEntries(links.map((link) => [/\w[\w-]*/.exec(link)?.[0], link]));
}

describeWeb('the pages behind letters', (web) => {
  test.each(SCRIPTS)('a forgotten password is set by the link of a letter, %s', async (_, options) => {
    const { who, session } = await web.someone();
    const stranger = new TestClaimant(web.app, web.address('stranger'));
    const words = await askForLink(web, stranger.email, options);
    expect(await askForLink(web, who.email, options)).toBe(words);
    const link = await linkIn(web, who, 2);
    expect(await stranger.settledLetters()).toEqual([]);

    const visit = await web.visit(link, {}, options);
    await setPassword(visit, 'short');
    await visit.page.locator('#new_password-wrong').waitFor();
    expect(await session.isAlive()).toBe(true);
    await setPassword(visit, NEW_PASSWORD);
    await sees(visit, 'The new password is set.');
    expect(await session.isAlive()).toBe(false);
    await logIn(visit, who.email, who.password);
    expect(await alert(visit)).toBe('The name or the password is not right.');
    await logIn(visit, who.email, NEW_PASSWORD);
    await isAt(visit, '/account');
    await sees(visit, who.email);
  });

  test.each(SCRIPTS)('a link that was used sets nothing, and offers another letter, %s', async (_, options) => {
    const { who } = await web.someone();
    await askForLink(web, who.email, options);
    const link = await linkIn(web, who, 2);
    const first = await web.visit(link, {}, options);
    await setPassword(first, NEW_PASSWORD);
    // The notice of the change is written by then: the letter after it is the one that is asked for below.
    await isAt(first, '/login');
    const before = (await who.settledLetters()).length;

    const again = await web.visit(link, {}, options);
    await setPassword(again, 'one that nobody wants');
    expect(await alert(again)).toContain('This link is not good any more.');
    expect((await who.logIn({ password: 'one that nobody wants' })).status).toBe(401);
    await again.page.getByLabel('E-mail address').fill(who.email);
    await press(again, 'Mail me another link');
    await sees(again, 'a letter is on its way');
    const newest = await linkIn(web, who, before + 1);
    const visit = await web.visit(newest, {}, options);
    await setPassword(visit, 'the third one at last');
    await isAt(visit, '/login');
    expect((await who.logIn({ password: 'the third one at last' })).status).toBe(201);
  });

  test.each(SCRIPTS)('the owner registers an address that somebody else claims, %s', async (_, options) => {
    const { owner, other } = await claimedByAnother(web);
    const link = await linkIn(web, owner, 1);
    const claim = async (): Promise<unknown> => (await addressRow(web.app.db, owner.email))?.claimId;
    const claimed = await claim();
    const visit = await web.visit(link, {}, options);
    expect(await claim()).toBe(claimed);

    await visit.page.getByLabel('E-mail address').fill(owner.email);
    await visit.page.getByLabel('Password').fill(owner.password);
    await press(visit, 'Register');
    await isAt(visit, '/verify');
    expect(await claim()).not.toBe(claimed);
    await visit.page.getByLabel('Code').fill(await owner.code(2));
    await press(visit, 'Confirm');
    await isAt(visit, '/account');
    await sees(visit, owner.email);
    expect((await other.logIn()).status).toBe(401);
    expect((await owner.logIn()).status).toBe(201);
  });

  test.each(SCRIPTS)('letters about registrations stay away, and come again, %s', async (_, options) => {
    const { owner, other } = await claimedByAnother(web);
    const visit = await web.visit(await linkIn(web, owner, 1), {}, options);
    expect(await secondsMuted(web)).toEqual([]);
    await mute(visit, 'stay away for a week', 'none comes for 7 days');
    const [seconds = 0, ...more] = await secondsMuted(web);
    expect([Math.round(seconds / 3_600), more]).toEqual([7 * 24, []]);
    expect(await visit.page.getByLabel('Letters about registrations').inputValue()).toBe('7');
    await age(web.app.db, owner.email, 61);
    await other.register();
    expect((await owner.settledLetters()).length).toBe(1);

    await mute(visit, 'come again', 'they come again');
    expect(await secondsMuted(web)).toEqual([]);
    await age(web.app.db, owner.email, 61);
    await other.register();
    expect((await owner.letter(2)).subject).toContain('is your code');
  });

  test.each(SCRIPTS)('who says that it was not them is alone in the account again, %s', async (_, options) => {
    const user = await web.someone();
    const { thief, link } = await afterTheft(web, user);
    const there = await web.visit('/account', cookiesOf({ ...user, session: thief }), options);
    const visit = await web.visit(link, {}, options);
    await visit.page.reload();
    expect([new URL(visit.page.url()).pathname, await thief.isAlive()]).toEqual(['/not-me', true]);
    await press(visit, 'It was not me');
    await sees(visit, 'All sessions have ended.');
    expect(await thief.isAlive()).toBe(false);
    await there.page.reload();
    await sees(there, 'Your session was ended.');

    expect((await user.who.letter(3)).subject).toBe('Set a new password');
    const reset = await web.visit(await linkIn(web, user.who, 3), {}, options);
    await setPassword(reset, NEW_PASSWORD);
    await logIn(reset, user.who.email, NEW_PASSWORD);
    await isAt(reset, '/account');
  });

  test.each(SCRIPTS)('an address that somebody else changed is restored, once, %s', async (_, options) => {
    const { who, session, there, link } = await moved(web);
    const states = async (): Promise<unknown> => [
      (await addressRow(web.app.db, who.email))?.state,
      (await addressRow(web.app.db, there.email))?.state,
    ];
    const visit = await web.visit(link, {}, options);
    await visit.page.reload();
    expect([await session.isAlive(), await states()]).toEqual([true, [undefined, 'ACTIVE']]);
    await press(visit, 'Restore my address');
    await sees(visit, 'Your address is restored.');
    expect([await session.isAlive(), await states()]).toEqual([false, ['ACTIVE', undefined]]);
    expect((await there.logIn()).status).toBe(401);
    expect((await who.letter(3)).subject).toBe('Set a new password');

    const again = await web.visit(link, {}, options);
    await press(again, 'Restore my address');
    expect(await alert(again)).toContain('The link was used already');
  });

  test('a link that lost its token says so, and has no button', async () => {
    for (const path of ['/owner', '/not-me', '/email-change-revert', '/password-reset']) {
      const visit = await web.visit(path);
      expect(await alert(visit)).toContain('A part of the link is missing.');
      const buttons = await visit.page.getByRole('main').getByRole('button').allInnerTexts();
      expect(buttons).toEqual(path === '/password-reset' ? ['Mail me another link'] : []);
    }
  });

  test.each(SCRIPTS)('tokens of letters are told to no other site, and to no other page, %s', async (_, options) => {
    const links = await linksByPage(web);
    for (const [name, act, next] of WAYS_ON) {
      const link = links[name] ?? '';
      const visit = await web.visit('/privacy', {}, options);
      const { urls, referers } = hear(visit);
      await visit.page.goto(web.url + link, { waitUntil: 'networkidle' });
      await act(visit);
      await visit.page.locator('main [role=alert], main .note, main .wrong').first().waitFor();
      await visit.page.getByRole('link', { name: next }).first().click();
      await visit.page.waitForURL(({ pathname }) => !pathname.startsWith(`/${name}`));
      await visit.page.waitForLoadState('networkidle');

      expect(link).toMatch(/token=[\w.-]{20,}/);
      expect(urls).toContain(web.url + link);
      expect(urls.filter((url) => new URL(url).origin !== web.url)).toEqual([]);
      const elsewhere = urls.filter((url) => new URL(url).pathname !== `/${name}`);
      expect(elsewhere.filter((url) => url.includes('token'))).toEqual([]);
      expect([...(await referers())].filter(Boolean)).toEqual([`${web.url}/`]);
    }
  });
});
