import type { Visit } from '#testing/browser';
import { TestClaimant, wrong } from '#testing/claimant';
import { age } from '#testing/time-travel';

import { ageAwaited } from './awaited.ts';
import { SCRIPTS } from './steps.ts';
import { describeWeb, type TestWeb } from './test-web.ts';

jest.setTimeout(120_000);

const AGAIN = 'Send another code';
const RESENT = 'If this registration still waits, another letter with the code is on its way.';
const ANEW = 'If this address has no account yet, a letter with a new code is on its way.';
const NOT_RIGHT = 'The code is not right';
const STRUCK = 'Three wrong codes: this registration is over.';

type Claiming = Visit & { readonly who: TestClaimant };

async function register(web: TestWeb, options = {}, name = 'user', path = '/register'): Promise<Claiming> {
  const who = new TestClaimant(web.app, web.address(name));
  const visit = { ...(await web.visit(path, {}, options)), who };
  await send(visit);
  return visit;
}

/** Sends the form of a registration. */
async function send({ page, who }: Claiming): Promise<void> {
  await page.getByLabel('E-mail address').fill(who.email);
  await page.getByLabel('Password').fill(who.password);
  await press({ page }, 'Register');
  await page.getByLabel('Code').waitFor();
}

type Paged = Pick<Visit, 'page'>;
const main = ({ page }: Paged) => page.getByRole('main');
const press = (visit: Paged, name: string): Promise<void> =>
  main(visit).getByRole('button', { name, exact: true }).click();
const sees = (visit: Paged, text: string | RegExp): Promise<void> => main(visit).getByText(text).waitFor();
const text = (visit: Paged): Promise<string> => main(visit).innerText();
const isIn = ({ page }: Paged): Promise<void> => page.waitForURL('**/account?welcome=1');
const code = ({ page }: Paged) => page.getByLabel('Code');
const resends = (web: TestWeb): number =>
  web.calls().filter(({ line }) => line === 'POST /v1/registrations/resend').length;

async function confirm(visit: Paged, written: string): Promise<void> {
  await code(visit).fill(written);
  await press(visit, 'Confirm');
}

/** Lets the claim be older, for the API and for the browser. */
async function grow(web: TestWeb, visit: Claiming, seconds: number): Promise<void> {
  await age(web.app.db, visit.who.email, seconds);
  await ageAwaited(visit, 'claim', seconds);
}

/** Until the countdown runs. */
const runs = ({ page }: Paged): Promise<void> => page.locator('progress').waitFor();

/** What the countdown says, in seconds. */
async function secondsLeft({ page }: Paged): Promise<number> {
  return Number(/^(\d+) seconds left/.exec(await page.locator('#time-left').innerText())?.[1]);
}

describeWeb('the page that asks for the code', (web) => {
  describe('another code', () => {
    test.each(SCRIPTS)('is one of the same claim, as often as the API says, %s', async (_, options) => {
      const visit = await register(web, options);
      const first = await visit.who.code();
      await grow(web, visit, 16);
      expect(await text(visit)).toContain('3 times more');
      await press(visit, AGAIN);
      await sees(visit, RESENT);
      await sees(visit, '2 times more');
      expect(await visit.who.code(2)).toBe(first);
      await confirm(visit, first);
      await isIn(visit);
    });

    test('is not sent before it may be, and takes no turn', async () => {
      const visit = await register(web, { javaScriptEnabled: false });
      await visit.who.code();
      resends(web);
      expect(await text(visit)).toContain('At the earliest after 15 seconds; 3 times more');
      await press(visit, AGAIN);
      await sees(visit, /Please try again in \d+ seconds\./);
      expect(await text(visit)).toContain('3 times more');
      expect([resends(web), (await visit.who.settledLetters()).length]).toEqual([0, 1]);
    });

    test('has a button that says why it waits, and does nothing until then', async () => {
      const visit = await register(web);
      await visit.who.code();
      await runs(visit);
      resends(web);
      const button = main(visit).getByRole('button', { name: AGAIN });
      expect(await button.getAttribute('aria-disabled')).toBe('true');
      const hint = visit.page.locator(`#${await button.getAttribute('aria-describedby')}`);
      expect(await hint.innerText()).toMatch(/^In \d+ seconds; 3 times more$/);
      await button.press('Enter');
      await grow(web, visit, 16);
      await runs(visit);
      expect(await button.getAttribute('aria-disabled')).toBe('false');
      expect([resends(web), await hint.innerText()]).toEqual([0, '3 times more']);
    });

    test('cannot be had more often, until the time of the last one is over', async () => {
      const visit = await register(web);
      for (const letters of [2, 3, 4]) {
        await grow(web, visit, 16);
        await press(visit, AGAIN);
        await sees(visit, RESENT);
        await visit.who.letter(letters);
      }
      await sees(visit, 'There are no more letters with this code.');
      expect(await main(visit).getByRole('button', { name: AGAIN }).count()).toBe(0);
      await grow(web, visit, 61);
      await press(visit, AGAIN);
      await sees(visit, ANEW);
      await sees(visit, '3 times more');
      await confirm(visit, await visit.who.code(5));
      await isIn(visit);
    });

    test.each(SCRIPTS)(
      'is one of a new claim when the time is over, with all that was asked for, %s',
      async (_, options) => {
        const visit = await register(web, options);
        await press(visit, 'Begin again');
        const name = `name-${visit.who.email.split('@')[0]}`;
        await visit.page.getByLabel('User name').fill(name);
        await send(visit);
        await visit.who.code(2);
        await grow(web, visit, 61);
        await sees(visit, 'The time is over. Ask for another code.');
        await press(visit, AGAIN);
        await sees(visit, ANEW);
        await confirm(visit, await visit.who.code(3));
        await isIn(visit);
        expect(await visit.page.getByLabel('User name').inputValue()).toBe(name);
      },
    );

    test('of an owner takes the place of whoever claimed the address meanwhile', async () => {
      const stranger = new TestClaimant(web.app, web.address(), 'the password of a stranger');
      await stranger.register();
      const visit = await web.visit(`/owner?owner_token=${await stranger.ownerToken()}`);
      const owner = { ...visit, who: new TestClaimant(web.app, stranger.email) };
      await send(owner);
      await owner.who.code(2);
      await grow(web, owner, 61);
      await stranger.register();
      await stranger.code(3);
      await press(owner, AGAIN);
      await sees(owner, ANEW);
      await confirm(owner, await owner.who.code(4));
      await isIn(owner);
    });
  });

  describe('the code of a registration', () => {
    test.each(SCRIPTS)('may be wrong twice; then there is a new one, %s', async (_, options) => {
      const visit = await register(web, options);
      const right = await visit.who.code();
      await sees(visit, 'You have 3 attempts left.');
      for (const left of ['2 attempts left', '1 attempt left']) {
        await confirm(visit, wrong(right));
        await sees(visit, `You have ${left}.`);
        await sees(visit, NOT_RIGHT);
        await sees(visit, `Compare it with the newest letter: ${left}.`);
        expect(await code(visit).getAttribute('aria-invalid')).toBe('true');
      }
      await confirm(visit, wrong(right));
      await sees(visit, STRUCK);
      expect(await code(visit).count()).toBe(0);
      expect((await visit.who.activate(right)).status).toBe(401);
      await visit.page.reload();
      await sees(visit, STRUCK);
      await press(visit, 'Send a new code');
      await sees(visit, 'You have 3 attempts left.');
      expect(await text(visit)).not.toContain(NOT_RIGHT);
      await confirm(visit, await visit.who.code(2));
      await isIn(visit);
    });

    test('leaves the focus at the way on when the last attempt is gone', async () => {
      const visit = await register(web);
      const right = await visit.who.code();
      for (const left of ['2 attempts left', '1 attempt left']) {
        await confirm(visit, wrong(right));
        await sees(visit, `You have ${left}.`);
      }
      await confirm(visit, wrong(right));
      await sees(visit, STRUCK);
      const button = visit.page.locator(':focus');
      expect(await button.innerText()).toBe('Send a new code');
      expect(await button.getAttribute('aria-describedby')).toBe(
        await main(visit).getByRole('alert').getAttribute('id'),
      );
    });

    test('takes no attempt when it is none, when its time is over, or when nobody answers', async () => {
      const visit = await register(web);
      const right = await visit.who.code();
      await confirm(visit, 'none');
      await sees(visit, 'The code has digits alone');
      web.network.fault = 'refuse';
      web.network.cut();
      await confirm(visit, right);
      await sees(visit, 'The service does not answer at the moment.');
      web.network.fault = 'none';
      expect(await code(visit).getAttribute('aria-invalid')).toBe('false');
      await grow(web, visit, 61);
      await confirm(visit, right);
      await sees(visit, NOT_RIGHT);
      expect(await visit.page.locator('#code-wrong').innerText()).toBe('Its time is over.');
      await sees(visit, 'You have 3 attempts left.');
    });

    test.each([
      ['with a hyphen', (digits: string) => `${digits.slice(0, 2)}-${digits.slice(2)}`],
      ['with what nobody sees', (digits: string) => `\u200b${digits.slice(0, 2)}\u00ad${digits.slice(2)}\ufeff`],
      [
        'in wide digits',
        (digits: string) => digits.replaceAll(/\d/g, (digit) => String.fromCodePoint(0xff10 + Number(digit))),
      ],
      ['with much space', (digits: string) => `  ${[...digits].join('    ')}  `],
    ])('is pasted %s', async (_, written) => {
      const visit = await register(web);
      expect(await code(visit).getAttribute('autocomplete')).toBe('one-time-code');
      expect(await code(visit).getAttribute('inputmode')).toBe('numeric');
      const pasted = written(await visit.who.code());
      await code(visit).focus();
      await visit.page.keyboard.insertText(pasted);
      await press(visit, 'Confirm');
      await isIn(visit);
    });

    test('is asked for on a page that a long address does not widen', async () => {
      const visit = await register(web, { viewport: { width: 320, height: 600 } }, 'a'.repeat(50));
      expect(await visit.page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    });
  });

  describe('the countdown', () => {
    test.each([
      ['ahead', 120],
      ['behind', -3_600],
    ])('is right by a clock that is %s', async (_, seconds) => {
      const visit = await register(web);
      await visit.page.addInitScript(`{ const now = Date.now; Date.now = () => now() + ${seconds * 1_000}; }`);
      await visit.page.reload();
      await runs(visit);
      expect(await secondsLeft(visit)).toBeGreaterThan(0);
      expect(await secondsLeft(visit)).toBeLessThanOrEqual(60);
    });

    test('goes on where it was when the page comes back, and says when the time is over', async () => {
      const visit = await register(web);
      const { page } = visit;
      await page.clock.install();
      await page.reload();
      await runs(visit);
      await page.getByRole('navigation').getByRole('link', { name: 'Register' }).click();
      await page.getByRole('heading', { name: 'Register' }).waitFor();
      await page.clock.fastForward(30_000);
      await page.goBack();
      await runs(visit);
      expect(await secondsLeft(visit)).toBeLessThanOrEqual(30);
      const status = page.locator('#time-left').getByRole('status');
      expect(await status.innerText()).toBe('');
      await page.clock.fastForward(60_000);
      await sees(visit, 'The time is over. Ask for another code.');
      expect(await status.innerText()).toBe('The time is over. Ask for another code.');
    });

    test('is, without a script, the span and its end', async () => {
      const visit = await register(web, { javaScriptEnabled: false });
      expect(await text(visit)).toMatch(/It is good for 1 minute, until \d\d:\d\d:\d\d UTC\./);
    });
  });
});
