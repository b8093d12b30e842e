import type { TestUser } from '#testing/admins';
import type { Visit } from '#testing/browser';
import { TestClaimant, wrong } from '#testing/claimant';
import { confirmChange } from '#testing/email-changes';
import { TestSession } from '#testing/sessions';
import { ageEmailChange, ageSession } from '#testing/time-travel';

import { ageAwaited } from './awaited.ts';
import { isAt, press, SCRIPTS, sees } from './steps.ts';
import { ACCESS, cookiesOf, describeWeb, type TestWeb } from './test-web.ts';

jest.setTimeout(120_000);

const PATH = '/account/email';
const NOT_RIGHT = 'This code is not right, or its time is over, or there were three wrong codes.';
const STRUCK = 'Three wrong codes: this change is over.';
const CHANGED = 'The address is changed, and all other sessions are ended.';

const text = ({ page }: Visit): Promise<string> => page.getByRole('main').innerText();
const emailOf = async ({ session }: TestUser): Promise<unknown> =>
  ((await session.ask('/v1/me')).body as { readonly email?: unknown }).email;

async function ask(visit: Visit, newEmail: string): Promise<void> {
  await visit.page.getByLabel('New address').fill(newEmail);
  await press(visit, 'Send a code there');
}

async function confirm(visit: Visit, code: string): Promise<void> {
  await visit.page.getByLabel('Code').fill(code);
  await press(visit, 'Confirm the new address');
}

/** Somebody who asked for another address, by the page. */
async function asking(web: TestWeb, options = {}) {
  const user = await web.someone();
  const there = new TestClaimant(web.app, web.address('new'), user.who.password);
  const visit = await web.visit(PATH, cookiesOf(user), options);
  await ask(visit, there.email);
  await visit.page.getByRole('heading', { name: 'Enter the code' }).waitFor();
  return { user, there, visit };
}

/** Somebody who showed the password a while ago. */
async function someoneFromBefore(web: TestWeb): Promise<TestUser> {
  const user = await web.someone();
  await ageSession(web.app.db, user.session.id, 600);
  await user.session.renew();
  return user;
}

describeWeb('another address', (web) => {
  test.each(SCRIPTS)('is confirmed by the code that was mailed there, %s', async (_, options) => {
    const { user, there, visit } = await asking(web, options);
    const other = await TestSession.of(web.app, user.who);
    expect(await text(visit)).toContain(there.email);
    expect(await text(visit)).toContain(`You log in with ${user.who.email}`);
    const code = await there.code();
    await confirm(visit, wrong(code));
    await sees(visit, NOT_RIGHT);
    expect(await emailOf(user)).toBe(user.who.email);
    const before = (await user.who.settledLetters()).length;
    await confirm(visit, code);
    await sees(visit, CHANGED);
    expect(await text(visit)).toContain(`You log in with ${there.email}`);
    expect(await visit.page.getByLabel('Code').count()).toBe(0);
    expect([await emailOf(user), await other.isAlive()]).toEqual([there.email, false]);
    expect([(await user.who.logIn()).status, (await there.logIn()).status]).toEqual([401, 201]);
    expect((await user.who.letter(before + 1)).text).toContain('/email-change-revert?');
  });

  test.each([
    ['with spaces', ' ', 0],
    ['with hyphens', '-', 0],
    ['in wide digits with what nobody sees', '\u200b', 0xfee0],
  ])('a code that is pasted %s is taken', async (_, between, shift) => {
    const { user, there, visit } = await asking(web);
    const digits = [...(await there.code())].map((digit) => String.fromCharCode(digit.charCodeAt(0) + shift));
    await visit.page.getByLabel('Code').focus();
    await visit.page.keyboard.insertText(digits.join(between));
    await press(visit, 'Confirm the new address');
    await sees(visit, CHANGED);
    expect(await emailOf(user)).toBe(there.email);
  });

  test.each(SCRIPTS)('is given up, and its code is good for nothing, %s', async (_, options) => {
    const { user, there, visit } = await asking(web, options);
    const code = await there.code();
    await press(visit, 'Give it up');
    await visit.page.getByLabel('New address').waitFor();
    expect(await visit.page.getByLabel('Code').count()).toBe(0);
    expect((await confirmChange(user.session, code)).status).toBe(401);
    expect(await emailOf(user)).toBe(user.who.email);
    await ask(visit, there.email);
    await visit.page.getByRole('heading', { name: 'Enter the code' }).waitFor();
    await confirm(visit, await there.code(2));
    await sees(visit, CHANGED);
  });

  test('waits in this browser, also when the page is left, but for nobody else who logs in to it', async () => {
    const { there, visit } = await asking(web);
    await visit.page.getByRole('link', { name: 'Profile' }).click();
    await isAt(visit, '/account');
    await visit.page.goto(web.url + PATH);
    expect(await text(visit)).toContain(there.email);
    const other = await web.someone();
    const cookies = Object.entries(cookiesOf(other)).map(([name, value]) => ({
      ...{ name, value, domain: 'localhost', path: '/', httpOnly: true, secure: true },
    }));
    await visit.page.context().addCookies(cookies);
    await visit.page.goto(web.url + PATH);
    expect(await text(visit)).toContain(`You log in with ${other.who.email}`);
    expect(await text(visit)).not.toContain(there.email);
    expect(await visit.page.getByLabel('New address').count()).toBe(1);
  });

  test('one that somebody else has gets no other page, and no code', async () => {
    const [owner, user] = [await web.someone(), await web.someone()];
    const before = await owner.who.settledLetters();
    const visit = await web.visit(PATH, cookiesOf(user));
    await ask(visit, owner.who.email);
    await visit.page.getByRole('heading', { name: 'Enter the code' }).waitFor();
    expect(await text(visit)).toContain(`If nobody else has ${owner.who.email}`);
    const codes = (await owner.who.settledLetters())
      .slice(before.length)
      .filter(({ subject }) => /\d{8}/.test(subject));
    expect(codes).toEqual([]);
  });

  test('what is no address is said at its field', async () => {
    const visit = await web.visit(PATH, cookiesOf(await web.someone()));
    await ask(visit, 'nowhere');
    await sees(visit, 'This is no address that a letter can go to.');
    const field = visit.page.getByLabel('New address');
    expect([await field.inputValue(), await field.getAttribute('aria-invalid')]).toEqual(['nowhere', 'true']);
    expect(await field.getAttribute('aria-describedby')).toContain('new_email-wrong');
  });

  test.each(SCRIPTS)('may be wrong twice; then there is a new code, %s', async (_, options) => {
    const { user, there, visit } = await asking(web, options);
    const code = await there.code();
    await sees(visit, 'You have 3 attempts left.');
    for (const left of ['2 attempts left', '1 attempt left']) {
      await confirm(visit, wrong(code));
      await sees(visit, `You have ${left}.`);
      await sees(visit, NOT_RIGHT);
      await sees(visit, `Compare it with the newest letter: ${left}.`);
    }
    await confirm(visit, wrong(code));
    await sees(visit, STRUCK);
    expect(await visit.page.getByLabel('Code').count()).toBe(0);
    expect((await confirmChange(user.session, code)).status).toBe(401);
    expect(await emailOf(user)).toBe(user.who.email);
    await visit.page.reload();
    await press(visit, 'Send a new code');
    await sees(visit, 'You have 3 attempts left.');
    expect(await text(visit)).not.toContain(NOT_RIGHT);
    await confirm(visit, await there.code(2));
    await sees(visit, CHANGED);
    expect(await emailOf(user)).toBe(there.email);
  });

  test.each(SCRIPTS)('is asked for again when the time is over, %s', async (_, options) => {
    const { user, there, visit } = await asking(web, options);
    const code = await there.code();
    await ageEmailChange(web.app.db, user.id, 901);
    await ageAwaited(visit, 'change', 901);
    await sees(visit, 'The time is over. Ask for another code.');
    await confirm(visit, code);
    await sees(visit, NOT_RIGHT);
    await sees(visit, 'You have 3 attempts left.');
    await press(visit, 'Send another code');
    await sees(visit, 'a letter with a new code is on its way');
    await confirm(visit, await there.code(2));
    await sees(visit, CHANGED);
    expect(await emailOf(user)).toBe(there.email);
  });

  test('says that it is made once, and never again', async () => {
    const { there, visit } = await asking(web);
    await confirm(visit, await there.code());
    await sees(visit, CHANGED);
    await visit.page.goto(web.url + PATH);
    expect(await text(visit)).toContain(`You log in with ${there.email}`);
    expect(await text(visit)).not.toContain(CHANGED);
  });

  test('waits on a page that begins at its heading, and says for how long in words', async () => {
    const { visit } = await asking(web);
    await visit.page.reload();
    expect(await visit.page.locator(':focus').count()).toBe(0);
    const { visit: plain } = await asking(web, { javaScriptEnabled: false });
    expect(await text(plain)).toMatch(/It is good for 15 minutes, until \d\d:\d\d:\d\d UTC\./);
  });

  test.each([
    ['is missing', { value: '', expires: 0 }],
    ['is as good as new', {}],
  ])('is still typed when nobody answers, and the access token %s', async (_, token) => {
    const visit = await web.visit(PATH, cookiesOf(await web.someone()));
    const context = visit.page.context();
    const kept = (await context.cookies()).filter(({ name }) => name === ACCESS);
    await context.addCookies(kept.map((cookie) => ({ ...cookie, ...token })));
    web.network.fault = 'refuse';
    web.network.cut();
    await ask(visit, 'new@example.com');
    await sees(visit, 'The service does not answer at the moment.');
    web.network.fault = 'none';
    expect(await visit.page.getByLabel('New address').inputValue()).toBe('new@example.com');
  });

  test.each(SCRIPTS)('wants the password again after a while, and keeps what was typed, %s', async (_, options) => {
    const user = await someoneFromBefore(web);
    const there = new TestClaimant(web.app, web.address('new'));
    const visit = await web.visit(PATH, cookiesOf(user), options);
    await ask(visit, there.email);
    await sees(visit, 'Please show your password once more.');
    await visit.page.getByLabel('Password').fill('a wrong password');
    await press(visit, 'Send a code there');
    await sees(visit, 'This is not your password.');
    await visit.page.getByLabel('Password').fill(user.who.password);
    await press(visit, 'Send a code there');
    await confirm(visit, await there.code());
    await sees(visit, CHANGED);
    expect([await emailOf(user), (await there.letters()).length]).toEqual([there.email, 1]);
  });
});
