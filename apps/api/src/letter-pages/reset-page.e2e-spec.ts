import { TestClaimant } from '#testing/claimant';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { ageLinks } from '#testing/time-travel';

const NEW = 'a new horse for the battery';
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
async function active(): Promise<TestClaimant> {
  const ada = new TestClaimant(app, `opens${++people}@example.net`);
  if ((await ada.becomeActive()).status !== 200) throw new Error('not active');
  return ada;
}

/** The path and the query of the link in the newest letter once there are `count`. */
async function linkOf(ada: TestClaimant, count: number): Promise<URL> {
  return new URL(/^http\S+$/m.exec((await ada.letter(count)).text)?.[0] ?? '');
}

const submit = (path: string, fields: Readonly<Record<string, string>>): Promise<Answer> =>
  app.ask(path, { method: 'POST', body: new URLSearchParams(fields).toString(), headers: FORM });
const tokensOf = ({ searchParams }: URL): Record<string, string> => Object.fromEntries(searchParams);
const withNew = ({ email }: TestClaimant): TestClaimant => new TestClaimant(app, email, NEW);

describe.each(['/letters/password-reset', '/letters/not-me', '/letters/email-change-revert'])('GET %s', (path) => {
  test('leaks nothing: no referrer, no cache, no script, nothing from elsewhere', async () => {
    const { headers, text } = await app.ask(`${path}?token=x&owner_token=y`);
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    expect(headers.get('content-security-policy')).toContain("form-action 'self'");
    expect(text).toContain('name="token" value="x"');
    expect(text).not.toMatch(/<script|https?:\/\/|<img|<link/);
  });

  test.each(['"><script>alert(1)</script>', "' onfocus=alert(1) x='"])('escapes %s', async (token) => {
    const { text } = await app.ask(
      `${path}?token=${encodeURIComponent(token)}&owner_token=${encodeURIComponent(token)}`,
    );
    expect(text).not.toContain(token);
    expect(text).not.toContain('<script');
  });

  test.each(['', '?token=a&token=b', `?token=${'x'.repeat(5_000)}`, '?token[a]=b', '?other=1'])(
    'shows the page for %.20s',
    async (query) => {
      expect((await app.ask(`${path}${query}`)).status).toBe(200);
    },
  );

  test.each<[string, string | undefined, Readonly<Record<string, string>>, number]>([
    ['nothing', undefined, {}, 400],
    ['no token', 'new_password=correct+horse+battery', FORM, 400],
    ['a token with NUL', 'token=x%00', FORM, 400],
    ['prototype keys', '__proto__=x&constructor=y', FORM, 400],
    ['JSON', '{}', { 'content-type': 'application/json' }, 415],
    ['a form of 17 KiB', `token=${'x'.repeat(17_000)}`, FORM, 413],
  ])('and a post of %s is answered', async (_what, body, headers, status) => {
    expect((await app.ask(path, { method: 'POST', body, headers })).status).toBe(status);
  });
});

describe('the page of a reset', () => {
  test('changes nothing when it is opened, and sets the password when its form is sent, once', async () => {
    const ada = await active();
    await ada.resetToken();
    const link = await linkOf(ada, 2);
    for (const method of ['GET', 'HEAD', 'GET'])
      expect((await app.ask(link.pathname + link.search, { method })).status).toBe(200);
    const { text } = await app.ask(link.pathname + link.search);
    for (const [name, value] of Object.entries(tokensOf(link)))
      expect(text).toContain(`<input type="hidden" name="${name}" value="${value}">`);
    expect((await ada.logIn()).status).toBe(201);
    const set = await submit(link.pathname, { ...tokensOf(link), new_password: NEW });
    expect([set.status, set.headers.get('set-cookie')]).toEqual([200, null]);
    expect([(await ada.logIn()).status, (await withNew(ada).logIn()).status]).toEqual([401, 201]);
    expect((await submit(link.pathname, { ...tokensOf(link), new_password: 'another one' })).status).toBe(400);
  });

  test('tells what is wrong with the password, and keeps the tokens', async () => {
    const ada = await active();
    await ada.resetToken();
    const link = await linkOf(ada, 2);
    const { status, text } = await submit(link.pathname, { ...tokensOf(link), new_password: 'short' });
    expect([status, text]).toEqual([422, expect.stringContaining('role="alert">The password is too short: it')]);
    expect(text).toContain('at least 9 characters');
    expect(text).toContain(tokensOf(link).token);
    expect((await submit(link.pathname, { ...tokensOf(link), new_password: NEW })).status).toBe(200);
  });

  test('offers another link when this one is too old, whoever used the quota up', async () => {
    const ada = await active();
    for (let n = 0; n < 5; n++) await ada.resetToken();
    const link = await linkOf(ada, 6);
    await ageLinks(app.db, ada.email, 1_800);
    const { status, text } = await submit(link.pathname, { ...tokensOf(link), new_password: NEW });
    const action = /action="([^"]+)"/.exec(text)?.[1] ?? '';
    const { owner_token = '' } = tokensOf(link);
    expect([status, action]).toEqual([400, '/letters/password-reset/another']);
    expect(text).toContain(owner_token);
    expect((await submit(action, { owner_token, email: 'nobody' })).status).toBe(422);
    expect((await submit(action, { email: ada.email })).status).toBe(202);
    expect(await ada.settledLetters()).toHaveLength(6);
    const asked = await submit(action, { owner_token, email: ada.email });
    const unknown = await submit(action, { owner_token, email: 'nobody@example.net' });
    expect([asked.status, asked.text]).toEqual([202, unknown.text]);
    const next = await linkOf(ada, 7);
    expect((await submit(next.pathname, { ...tokensOf(next), new_password: NEW })).status).toBe(200);
  });
});

test('the page of a notice ends the sessions when its form is sent, once, and not when it is opened', async () => {
  const ada = await active();
  await submit('/letters/password-reset', { token: await ada.resetToken(), new_password: NEW });
  const link = await linkOf(ada, 3);
  expect(link.pathname).toBe('/letters/not-me');
  await app.ask(link.pathname + link.search);
  const isFrozen = async () => {
    const [row] = await app.db.owner<{ frozen: boolean }[]>`
      select changes_frozen_until is not null as frozen from account
       where id = (select account_id from address where email = ${ada.email})`;
    return row?.frozen;
  };
  expect(await isFrozen()).toBe(false);
  expect((await submit(link.pathname, tokensOf(link))).status).toBe(200);
  expect(await isFrozen()).toBe(true);
  expect(await submit(link.pathname, tokensOf(link))).toMatchObject({
    status: 400,
    text: expect.stringContaining('role="alert"'),
  });
});
