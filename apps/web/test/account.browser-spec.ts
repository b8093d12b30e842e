import type { TestUser } from '#testing/admins';
import type { Visit } from '#testing/browser';
import { eventually } from '#testing/eventually';
import { TestSession } from '#testing/sessions';
import { ageSession } from '#testing/time-travel';

import { alert, goBackTo, isAt, press, SCRIPTS, sees } from './steps.ts';
import { cookiesIn, cookiesOf, describeWeb, type TestWeb } from './test-web.ts';

jest.setTimeout(120_000);

const NEW_PASSWORD = 'another horse battery';
/** Entries of a page of the activity. */
const PAGE = 20;

type Fields = Readonly<Record<string, string>>;

async function fill({ page }: Visit, fields: Fields): Promise<void> {
  for (const [label, value] of Object.entries(fields)) await page.getByLabel(label).fill(value);
}

const valueOf = ({ page }: Visit, label: string): Promise<string> => page.getByLabel(label).inputValue();

/** What is said to be wrong with a field, as it is read out with it. */
async function wrongWith({ page }: Visit, label: string): Promise<string> {
  const described = (await page.getByLabel(label).getAttribute('aria-describedby')) ?? '';
  const id = described.split(' ').find((one) => one.endsWith('-wrong'));
  return id === undefined ? '' : page.locator(`#${id}`).innerText();
}

const profileOf = async ({ session }: TestUser): Promise<Readonly<Record<string, unknown>>> =>
  (await session.ask('/v1/me')).body as Readonly<Record<string, unknown>>;

async function change({ session }: TestUser, body: Readonly<Record<string, unknown>>): Promise<void> {
  const headers = { 'content-type': 'application/merge-patch+json' };
  expect((await session.ask('/v1/me', { method: 'PATCH', body, headers })).status).toBe(200);
}

/** Somebody who logged in by the page, and on two other devices. */
async function withDevices(web: TestWeb, options = {}) {
  const user = await web.someone();
  const desk = await TestSession.of(web.app, user.who, { device_name: 'The desk' });
  const phone = await TestSession.of(web.app, user.who, { device_name: 'The phone' });
  const userAgent = 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0';
  const visit = await web.visit('/login?next=/account/sessions', {}, { userAgent, ...options });
  await fill(visit, { 'E-mail address or user name': user.who.email, Password: user.who.password });
  await press(visit, 'Log in');
  await isAt(visit, '/account/sessions');
  return { user, desk, phone, visit };
}

/** What is listed, each with its time: links to other pages are items of a list as well. */
const entries = ({ page }: Visit): Promise<readonly string[]> =>
  page
    .getByRole('listitem')
    .filter({ has: page.getByRole('time') })
    .allInnerTexts();

/** The sessions as they are listed, each by its first line. */
async function listed(visit: Visit): Promise<readonly string[]> {
  return (await entries(visit)).map((item) => item.split('\n')[0]?.trim() ?? '').sort();
}

const THIS = 'Firefox on Linux this one';
const NAMELESS = 'A device without a name';

describeWeb('the pages of an account', (web) => {
  describe('the profile', () => {
    test.each(SCRIPTS)('is changed, and a field that is emptied is stored no more, %s', async (_, options) => {
      const user = await web.someone();
      const username = user.who.email.replace(/@.*/, '');
      const visit = await web.visit('/account', cookiesOf(user), options);
      await fill(visit, { 'User name': username, 'Display name': ' Ada L. ', 'Date of birth': '1990-12-10' });
      await fill(visit, { Language: 'de-AT' });
      await press(visit, 'Save');
      await sees(visit, 'Your profile is saved.');
      expect(await profileOf(user)).toMatchObject({ username, display_name: 'Ada L.', birthdate: '1990-12-10' });
      // As it is stored, not as it was typed.
      expect(await valueOf(visit, 'Display name')).toBe('Ada L.');
      await fill(visit, { 'Display name': '', 'Date of birth': '' });
      await press(visit, 'Save');
      await eventually(async () => ((await profileOf(user)).display_name === null ? true : undefined));
      expect(await profileOf(user)).toMatchObject({ username, display_name: null, birthdate: null, locale: 'de-AT' });
      await visit.page.reload();
      expect(await valueOf(visit, 'Display name')).toBe('');
      expect(await valueOf(visit, 'User name')).toBe(username);
    });

    test('what is not valid is said at its field, and what was typed stays', async () => {
      const user = await web.someone();
      const visit = await web.visit('/account', cookiesOf(user));
      await fill(visit, { 'User name': '1', 'Display name': 'Ada', Language: 'klingon!' });
      await press(visit, 'Save');
      expect(await alert(visit)).toBe('Please look at the marked fields.');
      expect(await wrongWith(visit, 'User name')).toContain('This is no user name');
      expect(await wrongWith(visit, 'Language')).toContain('This is no language tag');
      expect(await wrongWith(visit, 'Display name')).toBe('');
      expect(await valueOf(visit, 'User name')).toBe('1');
      expect(await valueOf(visit, 'Display name')).toBe('Ada');
      expect(await profileOf(user)).toMatchObject({ username: null, display_name: null });
    });

    test('a user name that somebody else has is said to be taken, and another one is free', async () => {
      const [other, user] = [await web.someone(), await web.someone()];
      await change(other, { username: 'grace' });
      const visit = await web.visit('/account', cookiesOf(user));
      await fill(visit, { 'User name': 'grace', 'Display name': 'Not Grace' });
      await press(visit, 'Save');
      expect(await alert(visit)).toContain('Please look at the marked field');
      expect(await wrongWith(visit, 'User name')).toContain('This user name is taken');
      expect(await valueOf(visit, 'Display name')).toBe('Not Grace');
      await fill(visit, { 'User name': 'grace2' });
      await press(visit, 'Save');
      await sees(visit, 'Your profile is saved.');
      expect(await wrongWith(visit, 'User name')).toBe('');
      expect(await profileOf(user)).toMatchObject({ username: 'grace2', display_name: 'Not Grace' });
    });

    test.each(SCRIPTS)('what somebody else changed meanwhile is not overwritten, but shown, %s', async (_, options) => {
      const user = await web.someone();
      const visit = await web.visit('/account', cookiesOf(user), options);
      await change(user, { display_name: 'From elsewhere', locale: 'pl' });
      await fill(visit, { 'Display name': 'From here' });
      await press(visit, 'Save');
      expect(await alert(visit)).toContain('Somebody changed this meanwhile');
      expect([await valueOf(visit, 'Display name'), await valueOf(visit, 'Language')]).toEqual([
        'From elsewhere',
        'pl',
      ]);
      expect(await profileOf(user)).toMatchObject({ display_name: 'From elsewhere', locale: 'pl' });
      await fill(visit, { 'Display name': 'From here' });
      await press(visit, 'Save');
      await sees(visit, 'Your profile is saved.');
      expect(await profileOf(user)).toMatchObject({ display_name: 'From here', locale: 'pl' });
    });
  });

  describe('the password', () => {
    const set = async (visit: Visit, present: string, wanted: string): Promise<void> => {
      await fill(visit, { 'Present password': present, 'New password': wanted });
      await press(visit, 'Set the new password');
    };

    test.each(SCRIPTS)(
      'is changed by who knows the present one, and all other sessions end, %s',
      async (_, options) => {
        const user = await web.someone();
        const other = await TestSession.of(web.app, user.who);
        const visit = await web.visit('/account/password', cookiesOf(user), options);
        await set(visit, 'a wrong password', NEW_PASSWORD);
        expect(await alert(visit)).toBe('Please look at the marked field.');
        expect(await wrongWith(visit, 'Present password')).toBe('This is not your present password.');
        expect([await valueOf(visit, 'Present password'), await valueOf(visit, 'New password')]).toEqual(['', '']);
        expect(await other.isAlive()).toBe(true);
        await set(visit, user.who.password, NEW_PASSWORD);
        await sees(visit, 'The new password is set. All other sessions are ended.');
        expect([await other.isAlive(), await user.session.isAlive()]).toEqual([false, true]);
        expect((await user.who.logIn()).status).toBe(401);
        expect((await user.who.logIn({ password: NEW_PASSWORD })).status).toBe(201);
        await visit.page.goto(`${web.url}/account/sessions`);
        await sees(visit, 'this one');
      },
    );

    test('one that is too short is said to be, and the old one stays', async () => {
      const user = await web.someone();
      const visit = await web.visit('/account/password', cookiesOf(user));
      await set(visit, user.who.password, 'short');
      expect(await alert(visit)).toBe('Please look at the marked fields.');
      expect(await wrongWith(visit, 'New password')).toContain('at least 9 characters');
      expect((await user.who.logIn()).status).toBe(201);
    });

    test('without the present one nothing is changed, however new the session is', async () => {
      const user = await web.someone();
      const visit = await web.visit('/account/password', cookiesOf(user));
      await set(visit, '', NEW_PASSWORD);
      expect(await alert(visit)).toBe('Please look at the marked field.');
      expect(await wrongWith(visit, 'Present password')).toBe('Please type your present password.');
      expect((await user.who.logIn()).status).toBe(201);
    });

    test('in a session that is old it is asked for once, in this form', async () => {
      const user = await web.someone();
      await ageSession(web.app.db, user.session.id, 600);
      await user.session.renew();
      const visit = await web.visit('/account/password', cookiesOf(user));
      await set(visit, user.who.password, NEW_PASSWORD);
      await sees(visit, 'The new password is set.');
      expect((await user.who.logIn({ password: NEW_PASSWORD })).status).toBe(201);
    });
  });

  describe('the list of sessions', () => {
    test.each(SCRIPTS)('names this browser and the others, and ends one, or all others, %s', async (_, options) => {
      const { user, desk, phone, visit } = await withDevices(web, options);
      await sees(visit, 'this one');
      expect(await listed(visit)).toEqual([NAMELESS, THIS, 'The desk', 'The phone']);
      expect(await visit.page.getByRole('button', { name: 'End Firefox on Linux' }).count()).toBe(0);
      await press(visit, /^End The phone,/);
      await sees(visit, 'The session is ended.');
      expect(await listed(visit)).toEqual([NAMELESS, THIS, 'The desk']);
      expect(await Promise.all([phone, desk, user.session].map((one) => one.isAlive()))).toEqual([false, true, true]);
      await press(visit, 'End all others');
      await sees(visit, 'All other sessions are ended.');
      expect(await listed(visit)).toEqual([THIS]);
      expect(await Promise.all([desk, user.session].map((one) => one.isAlive()))).toEqual([false, false]);
      expect(await visit.page.getByRole('button', { name: 'End all others' }).count()).toBe(0);
      await visit.page.reload();
      expect(await listed(visit)).toEqual([THIS]);
    });

    test('its times are those of the reader’s clock, and UTC to who has no script', async () => {
      const user = await web.someone();
      const { page, faults } = await web.visit('/account/sessions', cookiesOf(user), { timezoneId: 'Asia/Kathmandu' });
      const first = page.getByRole('time').first();
      const at = new Date((await first.getAttribute('datetime')) ?? '');
      const inUtc = (time: Date): string => time.toISOString().slice(0, 16).replace('T', ' ');
      const ahead = new Date(at.getTime() + (5 * 60 + 45) * 60_000);
      expect(await first.innerText()).toBe(`${inUtc(ahead)} GMT+5:45`);
      expect(await first.getAttribute('title')).toBe(`${inUtc(at)} UTC`);
      // What the browser drew was no surprise to it.
      expect(faults).toEqual([]);
      const without = { timezoneId: 'Asia/Kathmandu', javaScriptEnabled: false };
      const { page: plain } = await web.visit('/account/sessions', cookiesOf(user), without);
      expect(await plain.getByRole('time').first().innerText()).toBe(`${inUtc(at)} UTC`);
    });

    test('one that has ended meanwhile is ended', async () => {
      const { phone, visit } = await withDevices(web);
      expect((await phone.ask('/v1/sessions/current', { method: 'DELETE' })).status).toBe(204);
      await press(visit, /^End The phone,/);
      await sees(visit, 'The session is ended.');
      expect(await listed(visit)).toEqual([NAMELESS, THIS, 'The desk']);
    });

    test.each(SCRIPTS)('who ends all is logged out here as well, and leaves the document, %s', async (_, options) => {
      const { user, desk, phone, visit } = await withDevices(web, options);
      await visit.page.evaluate('window.isFormer = true');
      await press(visit, 'End all, and log out');
      await sees(visit, 'You are logged out.');
      expect(await visit.page.evaluate('window.isFormer')).toBeUndefined();
      for (const one of [user.session, desk, phone]) expect(await one.isAlive()).toBe(false);
      const cookies = Object.keys(await cookiesIn(visit));
      expect(cookies).toEqual(['__Host-device']);
      await goBackTo(visit, `${web.url}/login?next=${encodeURIComponent('/account/sessions')}`);
      expect(await visit.page.content()).not.toContain('The desk');
    });
  });

  describe('the activity', () => {
    const isAtTop = ({ page }: Visit): Promise<void> =>
      page.waitForURL(({ pathname, search }) => pathname === '/account/activity' && search === '');

    test('is told in words: what, by whom, on which device, and from where', async () => {
      const user = await web.someone();
      await TestSession.of(web.app, user.who, { device_name: 'The phone' });
      const visit = await web.visit('/account/activity', cookiesOf(user));
      const told = await entries(visit);
      expect(told[0]).toMatch(
        /^Logged in\n+by you, on The phone, from 127\.0\.0\.\d+\n+\d{4}-\d\d-\d\d \d\d:\d\d UTC$/,
      );
      expect(told.at(-1)).toMatch(/^A registration with your address was begun\n/);
      expect(told.join('\n')).toContain('The address was confirmed: the account began');
      // No event goes by its name in the API.
      expect(told.join('\n')).not.toMatch(/\b(?:session|registration)\.\w/);
    });

    test.each(SCRIPTS)('goes on to what is older, each once, and back to the newest, %s', async (_, options) => {
      const user = await web.someone();
      for (let n = 0; n < PAGE / 2; n += 1)
        for (const ask of [{ body: { after_days: 30 } }, { method: 'DELETE' }])
          expect((await user.session.ask('/v1/me/deletion', ask)).status).toBeLessThan(300);
      const visit = await web.visit('/account/activity', cookiesOf(user), options);
      const newest = await entries(visit);
      expect(newest.length).toBe(PAGE);
      expect(newest[0]).toContain('The scheduled deletion was taken back');
      expect(newest[1]).toContain('The deletion of the account was scheduled');
      await visit.page.getByRole('link', { name: 'Older' }).click();
      await visit.page.getByRole('link', { name: 'Newest' }).waitFor();
      const older = await entries(visit);
      expect(older.length).toBeLessThan(PAGE);
      expect(older.join('\n')).not.toContain('scheduled');
      expect(older.at(-1)).toContain('A registration with your address was begun');
      expect(await visit.page.getByRole('link', { name: 'Older' }).count()).toBe(0);
      await visit.page.getByRole('link', { name: 'Newest' }).click();
      await isAtTop(visit);
      expect(await entries(visit)).toEqual(newest);
    });

    test('a link that was cut short leads to the newest', async () => {
      const user = await web.someone();
      const visit = await web.visit('/account/activity?cursor=x', cookiesOf(user));
      await isAtTop(visit);
      expect((await entries(visit)).join('\n')).toContain('the account began');
    });
  });
});
