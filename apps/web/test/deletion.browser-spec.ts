import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';

import type { TestUser } from '#testing/admins';
import type { Visit } from '#testing/browser';
import { decodeJwt } from '#testing/jwt';
import { TestSession } from '#testing/sessions';
import { ageSession } from '#testing/time-travel';

import { alert, goBackTo, heading, isAt, press, SCRIPTS, sees } from './steps.ts';
import { type Cookies, cookiesIn, cookiesOf, describeWeb, staleCookiesOf, type TestWeb } from './test-web.ts';

jest.setTimeout(120_000);

const PATH = '/account/deletion';
const NOW = '/account/deletion/now';

const follow = ({ page }: Visit, name: string): Promise<void> => page.getByRole('link', { name, exact: true }).click();

/** The content of the file that is downloaded meanwhile. */
async function downloaded({ page }: Visit, work: () => Promise<void>) {
  const [download] = await Promise.all([page.waitForEvent('download'), work()]);
  return { name: download.suggestedFilename(), content: await readFile(await download.path(), 'utf8') };
}

/** Lets the session be one whose password was shown a while ago. */
async function makeOld(web: TestWeb, { session }: TestUser): Promise<void> {
  await ageSession(web.app.db, session.id, 600);
  await session.renew();
}

/** Shows the password on the page that asks for it. */
async function showPassword(visit: Visit, { who }: TestUser): Promise<void> {
  await heading(visit, 'Is it you?');
  await visit.page.getByLabel('Password').fill(who.password);
  await press(visit, 'Go on');
}

describeWeb('the data of an account, and its end', (web) => {
  describe('a deletion that is scheduled', () => {
    const schedule = async (visit: Visit, days: string): Promise<void> => {
      await visit.page.getByLabel('Days from now').fill(days);
      await press(visit, 'Schedule the deletion');
    };

    test.each(SCRIPTS)('is told with its time, and can be taken back, %s', async (_, options) => {
      const user = await web.someone();
      const visit = await web.visit(PATH, cookiesOf(user), options);
      await schedule(visit, '3');
      await sees(visit, 'The deletion is scheduled.');
      await sees(visit, 'Your account will be erased on');
      const { body } = await user.session.ask('/v1/me/deletion');
      const at = new Date((body as { readonly effective_at: string }).effective_at);
      expect(Math.round((at.getTime() - Date.now()) / 86_400_000)).toBe(3);
      const told = visit.page.getByText('Your account will be erased on').getByRole('time');
      expect(await told.innerText()).toBe(`${at.toISOString().slice(0, 16).replace('T', ' ')} UTC`);
      expect(await visit.page.getByLabel('Days from now').count()).toBe(0);
      await press(visit, 'Keep the account');
      await sees(visit, 'The deletion is taken back. Your account stays.');
      expect((await user.session.ask('/v1/me/deletion')).status).toBe(404);
      expect(await visit.page.getByLabel('Days from now').count()).toBe(1);
    });

    test('that another tab has scheduled already is shown with its time', async () => {
      const user = await web.someone();
      const first = await web.visit(PATH, cookiesOf(user));
      const second = { ...first, page: await first.page.context().newPage() };
      await second.page.goto(web.url + PATH);
      await schedule(first, '3');
      await sees(first, 'The deletion is scheduled.');
      await schedule(second, '5');
      await sees(second, 'A deletion is scheduled already.');
      const at = (visit: Visit): Promise<string | null> => visit.page.getByRole('time').getAttribute('datetime');
      expect(await at(second)).toBe(await at(first));
      await press(second, 'Keep the account');
      await sees(second, 'The deletion is taken back.');
      await press(first, 'Keep the account');
      await first.page.getByLabel('Days from now').waitFor();
    });

    test.each(['0', '31', '1.5', ''])('after %j days is none', async (days) => {
      const user = await web.someone();
      const visit = await web.visit(PATH, cookiesOf(user));
      await schedule(visit, days);
      await sees(visit, 'It has to be a whole number from 1 to 30.');
      expect((await user.session.ask('/v1/me/deletion')).status).toBe(404);
    });

    test.each(SCRIPTS)('wants the password again after a while, and keeps what was typed, %s', async (_, options) => {
      const user = await web.someone();
      await makeOld(web, user);
      const visit = await web.visit(PATH, cookiesOf(user), options);
      await schedule(visit, '3');
      await sees(visit, 'Please show your password once more.');
      expect((await user.session.ask('/v1/me/deletion')).status).toBe(404);
      expect(await visit.page.getByLabel('Days from now').inputValue()).toBe('3');
      await visit.page.getByLabel('Password').fill(user.who.password);
      await press(visit, 'Schedule the deletion');
      await sees(visit, 'The deletion is scheduled.');
      expect((await user.session.ask('/v1/me/deletion')).status).toBe(200);
    });
  });

  describe('the download', () => {
    test.each(SCRIPTS)('is everything of the user, as JSON, %s', async (_, options) => {
      const [other, user] = [await web.someone('other'), await web.someone()];
      const visit = await web.visit(PATH, cookiesOf(user), options);
      const { name, content } = await downloaded(visit, () => follow(visit, 'Download everything'));
      expect(name).toMatch(/\.json$/);
      const all = JSON.parse(content) as { readonly identifiers: { readonly account_id: string } };
      expect(all.identifiers.account_id).toBe(user.id);
      expect(content).toContain(user.who.email);
      expect(content).toContain(user.session.id);
      expect(content).not.toContain(other.who.email);
    });

    test('wants the password again after a while, and leads back', async () => {
      const user = await web.someone();
      await makeOld(web, user);
      const visit = await web.visit(PATH, cookiesOf(user));
      await follow(visit, 'Download everything');
      await showPassword(visit, user);
      await isAt(visit, PATH);
      const { content } = await downloaded(visit, () => follow(visit, 'Download everything'));
      expect(content).toContain(user.who.email);
    });

    test('of nobody leads to the log-in and back, and that of a session that has ended says so', async () => {
      const of = async (cookies: Cookies): Promise<string | null> =>
        (await web.ask('/account/export', cookies)).headers.get('location');
      expect(await of({})).toBe(`/login?next=${PATH}`);
      const user = await web.someone();
      await user.session.ask('/v1/sessions', { method: 'DELETE' });
      expect(await of(staleCookiesOf(user))).toBe(`/login?reason=session-ended&next=${PATH}`);
      expect(await of(cookiesOf(user))).toBe(`/session-ended?next=${PATH}`);
    });

    test('of a service that is away says so', async () => {
      const user = await web.someone();
      web.network.fault = 'refuse';
      web.network.cut();
      for (const cookies of [cookiesOf(user), staleCookiesOf(user)]) {
        const { status, headers } = await web.ask('/account/export', cookies);
        expect([status, headers.get('location')]).toEqual([303, `${PATH}?download=away`]);
      }
      web.network.fault = 'none';
      const visit = await web.visit(`${PATH}?download=away`, cookiesOf(user));
      expect(await alert(visit)).toContain('The service does not answer at the moment.');
    });

    test.each(['cross-site', 'same-site'])('is none that others can ask for: %s', async (site) => {
      const user = await web.someone();
      const headers = { 'sec-fetch-site': site };
      const answer = await web.ask('/account/export', cookiesOf(user), { headers });
      expect([answer.status, answer.headers.get('location')]).toEqual([303, PATH]);
      expect(JSON.stringify((await user.session.ask('/v1/me/activity')).body)).not.toContain('account.exported');
    });
  });

  describe('the deletion now', () => {
    const erase = async (visit: Visit, typed: string): Promise<void> => {
      await visit.page.getByLabel(/^Type /).fill(typed);
      await press(visit, 'Delete my account for good');
    };

    /** How many rows know the account by its id or its address. */
    async function rowsOf({ id, who }: TestUser): Promise<number> {
      const [row] = await web.app.db.owner<{ count: number }[]>`
        select ((select count(*) from account where id = ${id}::uuid)
              + (select count(*) from session where account_id = ${id}::uuid)
              + (select count(*) from address where email = ${who.email} or account_id = ${id}::uuid))::int as count`;
      return row?.count ?? Number.NaN;
    }

    test('wants the address to be typed', async () => {
      const user = await web.someone();
      const visit = await web.visit(NOW, cookiesOf(user));
      await visit.page.getByLabel(`Type ${user.who.email}`).waitFor();
      for (const typed of ['', 'delete', `x${user.who.email}`]) {
        await visit.page.goto(web.url + NOW);
        await erase(visit, typed);
        expect(await alert(visit)).toContain('Nothing was deleted.');
        await sees(visit, 'This is not what stands above.');
        expect(await visit.page.getByLabel(/^Type /).inputValue()).toBe(typed);
      }
      expect([await rowsOf(user), await user.session.isAlive()]).toEqual([3, true]);
      await erase(visit, ` ${user.who.email.toUpperCase()} `);
      await heading(visit, 'Your account is erased');
      expect(await rowsOf(user)).toBe(0);
    });

    test.each(SCRIPTS)('ends with a farewell, a receipt, and nothing that is left, %s', async (_, options) => {
      const user = await web.someone();
      const other = await TestSession.of(web.app, user.who);
      const device = { '__Host-device': user.session.tokens.device_token };
      const visit = await web.visit('/account', { ...cookiesOf(user), ...device }, options);
      await sees(visit, user.who.email);
      await follow(visit, 'Your data');
      await heading(visit, 'Your data');
      await follow(visit, 'Delete it now');
      await heading(visit, 'Delete the account now');
      const before = (await user.who.settledLetters()).length;
      expect(await rowsOf(user)).toBe(4);
      await erase(visit, user.who.email);
      await heading(visit, 'Your account is erased');
      await expectFarewell(visit);
      const receipt = await expectReceipt(visit, user);
      expect(Object.keys(await cookiesIn(visit))).toEqual([]);
      expect([await rowsOf(user), await user.session.isAlive(), await other.isAlive()]).toEqual([0, false, false]);
      expect((await user.who.logIn()).status).toBe(401);
      expect((await user.who.letter(before + 1)).text).toContain(receipt);
      // Without a script the form has an address of its own in the history.
      const way = [PATH, '/account'];
      await expectNoWayBack(visit, user, 'javaScriptEnabled' in options ? [NOW, ...way] : way);
    });

    async function expectFarewell({ page }: Visit): Promise<void> {
      const lists = page.getByRole('main').getByRole('list');
      const gone = await lists.filter({ hasText: 'The address' }).getByRole('listitem').allInnerTexts();
      for (const line of ['The address (1 row)', 'The password (1 row)', 'Sessions and devices (2 rows)'])
        expect(gone).toContain(line);
      const stays = await lists.filter({ hasText: 'at most' }).getByRole('listitem').allInnerTexts();
      expect(stays.length).toBeGreaterThan(1);
      for (const line of stays) expect(line).toMatch(/\w[^]*\nUntil \d{4}-\d\d-\d\d \d\d:\d\d UTC at most$/);
      expect(await page.getByRole('button', { name: 'Log out' }).count()).toBe(0);
    }

    async function expectReceipt(visit: Visit, { id }: TestUser): Promise<string> {
      const { name, content } = await downloaded(visit, () => press(visit, 'Download the receipt'));
      expect(name).toBe('deletion-receipt.json');
      const { receipt, opening } = JSON.parse(content) as {
        readonly receipt: string;
        readonly opening: { readonly account_id: string; readonly salt: string };
      };
      const verdict = await web.app.ask('/v1/deletion-receipts/verify', { body: { receipt } });
      expect([verdict.status, verdict.body]).toEqual([200, { valid: true, account_absent: true }]);
      expect(opening.account_id).toBe(id);
      const committed = [Buffer.from(opening.salt, 'base64url'), Buffer.from(id.replaceAll('-', ''), 'hex')];
      const commitment = createHash('sha256').update(Buffer.concat(committed)).digest('base64url');
      expect(decodeJwt(receipt)).toMatchObject({ commitment });
      await visit.page.getByText('Look at it').click();
      await sees(visit, receipt);
      return receipt;
    }

    async function expectNoWayBack(visit: Visit, { who, id, session }: TestUser, way: readonly string[]) {
      for (const former of way) {
        await goBackTo(visit, `${web.url}/login?next=${encodeURIComponent(former)}`);
        await heading(visit, 'Log in');
        const content = await visit.page.content();
        for (const trace of [who.email, id, session.id]) expect(content).not.toContain(trace);
      }
    }

    test('shows the receipt once: the page says so when it is loaded anew', async () => {
      const user = await web.someone();
      const visit = await web.visit(NOW, cookiesOf(user));
      await erase(visit, user.who.email);
      await heading(visit, 'Your account is erased');
      await visit.page.reload();
      await heading(visit, 'Goodbye');
      expect(await visit.page.content()).not.toContain(user.id);
    });

    test.each(SCRIPTS)('wants the password again after a while, and keeps what was typed, %s', async (_, options) => {
      const user = await web.someone();
      await makeOld(web, user);
      const visit = await web.visit(NOW, cookiesOf(user), options);
      await erase(visit, user.who.email);
      await sees(visit, 'Please show your password once more.');
      expect(await rowsOf(user)).toBe(3);
      await visit.page.getByLabel('Password').fill(user.who.password);
      await press(visit, 'Delete my account for good');
      await heading(visit, 'Your account is erased');
      expect(await rowsOf(user)).toBe(0);
    });
  });
});
