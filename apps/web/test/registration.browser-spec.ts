import type { Visit } from '#testing/browser';
import { TestClaimant, wrong } from '#testing/claimant';
import { age } from '#testing/time-travel';

import { alert, press } from './steps.ts';
import { ACCESS, cookiesIn, cookiesOf, describeWeb, REFRESH, type TestWeb } from './test-web.ts';

jest.setTimeout(120_000);

const PASSWORD = 'correct horse battery';

async function register(web: TestWeb, options = {}, username = ''): Promise<Visit & { readonly who: TestClaimant }> {
  const who = new TestClaimant(web.app, web.address());
  const visit = await web.visit('/register', {}, options);
  await visit.page.getByLabel('E-mail address').fill(who.email);
  await visit.page.getByLabel('Password').fill(PASSWORD);
  await visit.page.getByLabel('User name').fill(username);
  await press(visit, 'Register');
  await visit.page.getByRole('heading', { name: 'Enter the code' }).waitFor();
  return { ...visit, who };
}

async function confirm(visit: Visit, code: string): Promise<void> {
  await visit.page.getByLabel('Code').fill(code);
  await press(visit, 'Confirm');
}

async function logIn(visit: Visit, name: string, password = PASSWORD): Promise<void> {
  await visit.page.getByLabel('E-mail address or user name').fill(name);
  await visit.page.getByLabel('Password').fill(password);
  await press(visit, 'Log in');
}

const logOut = async ({ page }: Visit): Promise<void> => {
  await page.getByRole('button', { name: 'Log out' }).click();
  await page.getByText('You are logged out.').waitFor();
};

/** Scripts let go of answers that they have seen enough of; those that are off count as refused. */
const faultsOf = ({ faults }: Visit): readonly string[] =>
  faults.filter((fault) => !/(?:ERR_ABORTED|[.]js csp)$/.test(fault));
const isAt = ({ page }: Visit, path: RegExp): Promise<void> => page.waitForURL(({ pathname }) => path.test(pathname));

describeWeb('the way to an account and out of it', (web) => {
  test.each([
    ['as it is', (code: string) => code],
    ['with spaces', (code: string) => ` ${code.slice(0, 2)} ${code.slice(2)} `],
  ])('a registration is confirmed by the code %s', async (_, written) => {
    const visit = await register(web);
    await confirm(visit, written(await visit.who.code()));
    await isAt(visit, /^\/account$/);
    expect(await visit.page.getByRole('main').innerText()).toContain(visit.who.email);
    const cookies = await visit.page.context().cookies();
    const kept = cookies.filter(({ value }) => value !== '').map((one) => [one.name, one.httpOnly, one.secure]);
    expect(kept.sort()).toEqual([
      ['__Host-at', true, true],
      ['__Host-device', true, true],
      ['__Host-rt', true, true],
    ]);
    expect(faultsOf(visit)).toEqual([]);
  });

  test('an address that has an account gets no other page', async () => {
    const { who } = await web.someone();
    const visit = await web.visit('/register');
    await visit.page.getByLabel('E-mail address').fill(who.email);
    await visit.page.getByLabel('Password').fill('another long password');
    await press(visit, 'Register');
    await visit.page.getByRole('heading', { name: 'Enter the code' }).waitFor();
  });

  test('what is not valid is said at its field, and what was typed stays but for the password', async () => {
    const visit = await web.visit('/register');
    await visit.page.getByLabel('E-mail address').fill('nobody');
    await visit.page.getByLabel('Password').fill('short');
    await press(visit, 'Register');
    await visit.page.locator('#email-wrong').waitFor();
    expect(await visit.page.locator('#password-wrong').innerText()).toContain('at least 9 characters');
    expect(await visit.page.getByLabel('E-mail address').inputValue()).toBe('nobody');
    expect(await visit.page.getByLabel('Password').inputValue()).toBe('');
  });

  test('a wrong code is said to be wrong, and the right one still works', async () => {
    const visit = await register(web);
    const code = await visit.who.code();
    await confirm(visit, wrong(code));
    expect(await alert(visit)).toContain('The code is not right');
    await confirm(visit, code);
    await isAt(visit, /^\/account$/);
  });

  test('a code that has expired is said to be over', async () => {
    const visit = await register(web);
    const code = await visit.who.code();
    await age(web.app.db, visit.who.email, 61);
    await confirm(visit, code);
    expect(await alert(visit)).toContain('its time is over');
    expect((await cookiesIn(visit))[ACCESS]).toBeUndefined();
  });

  test('who begins again frees the address, and finds what was typed but for the password', async () => {
    const visit = await register(web, {}, 'ada');
    await press(visit, 'Begin again');
    await isAt(visit, /^\/register$/);
    const typed = ['E-mail address', 'User name', 'Password'].map((label) => visit.page.getByLabel(label).inputValue());
    expect(await Promise.all(typed)).toEqual([visit.who.email, 'ada', '']);
    await visit.page.goto(`${web.url}/verify`);
    expect(await visit.page.locator('h1').innerText()).toBe('No registration waits here');
  });

  test('who goes back and types another password has that one', async () => {
    const visit = await register(web);
    await visit.who.code();
    await visit.page.goBack();
    await visit.page.getByLabel('E-mail address').fill(visit.who.email);
    await visit.page.getByLabel('Password').fill('another long password');
    await press(visit, 'Register');
    await visit.page.getByRole('heading', { name: 'Enter the code' }).waitFor();
    await confirm(visit, await visit.who.code(2));
    await isAt(visit, /^\/account$/);
    expect((await visit.who.logIn({ password: 'another long password' })).status).toBe(201);
  });

  test('a log-in goes on to where it was wanted; a wrong password is said to be wrong', async () => {
    const { who } = await web.someone();
    const visit = await web.visit('/reauthenticate?next=/account');
    await isAt(visit, /^\/login$/);
    await logIn(visit, who.email, 'a wrong password');
    expect(await alert(visit)).toBe('The name or the password is not right.');
    expect(await visit.page.getByLabel('E-mail address or user name').inputValue()).toBe(who.email);
    await logIn(visit, who.email);
    await isAt(visit, /^\/reauthenticate$/);
    await visit.page.getByLabel('Password').fill(PASSWORD);
    await press(visit, 'Go on');
    await isAt(visit, /^\/account$/);
  });

  test('after the log-out the session is over, and the way back shows nothing of the account', async () => {
    const user = await web.someone();
    const visit = await web.visit('/account', cookiesOf(user));
    const { page } = visit;
    expect(await page.getByRole('main').innerText()).toContain(user.who.email);
    await logOut(visit);
    expect(await user.session.isAlive()).toBe(false);
    expect(await cookiesIn(visit)).toEqual({});
    for (let steps = 0; steps < 2; steps += 1) {
      await page.goBack();
      await page.waitForLoadState('networkidle');
      expect(await page.content()).not.toContain(user.who.email);
    }
  });

  test('without a script: register, confirm, log out, log in', async () => {
    const visit = await register(web, { javaScriptEnabled: false });
    await confirm(visit, 'none');
    expect(await alert(visit)).not.toBe('');
    await confirm(visit, await visit.who.code());
    await isAt(visit, /^\/account$/);
    await logOut(visit);
    await visit.page.goBack();
    expect(await visit.page.content()).not.toContain(visit.who.email);
    await visit.page.goto(`${web.url}/login`);
    await logIn(visit, visit.who.email, 'a wrong password');
    expect(await alert(visit)).toBe('The name or the password is not right.');
    await logIn(visit, visit.who.email);
    await isAt(visit, /^\/account$/);
    expect((await cookiesIn(visit))[REFRESH]).toBeTruthy();
    expect(faultsOf(visit)).toEqual([]);
  });
});
