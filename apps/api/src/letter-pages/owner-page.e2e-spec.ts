import { TestClaimant } from '#testing/claimant';
import { addressRow } from '#testing/rows';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
const someone = (): TestClaimant => new TestClaimant(app, `someone${++people}@example.net`);
const FORM = { 'content-type': 'application/x-www-form-urlencoded' };
const submit = (fields: Readonly<Record<string, string>>, path = '/letters/owner'): Promise<Answer> =>
  app.ask(path, { method: 'POST', body: new URLSearchParams(fields).toString(), headers: FORM });

describe('GET /letters/owner', () => {
  test('is the page that the link in the letter leads to, and opening it changes nothing', async () => {
    const ada = someone();
    await ada.register();
    const link = /http\S+\/letters\/owner\?\S+/.exec((await ada.letter()).text)?.[0] ?? '';
    const before = await addressRow(app.db, ada.email);
    const { pathname, search, searchParams } = new URL(link);
    for (const method of ['GET', 'HEAD']) expect((await app.ask(pathname + search, { method })).status).toBe(200);
    const page = await app.ask(pathname + search);
    expect(page.text).toContain(`value="${searchParams.get('owner_token') ?? '-'}"`);
    expect(await addressRow(app.db, ada.email)).toMatchObject({ claimId: before?.claimId });
  });

  test('leaks nothing: no referrer, no cache, no script, nothing from elsewhere', async () => {
    const { headers, text } = await app.ask('/letters/owner?owner_token=x');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'; frame-ancestors 'none'/);
    expect(text).not.toMatch(/<script|https?:\/\/|<img|<link/);
  });

  test.each(['"><script>alert(1)</script>', "' onfocus=alert(1) x='", '&lt;b&gt;'])(
    'escapes the token %s',
    async (token) => {
      const { text } = await app.ask(`/letters/owner?owner_token=${encodeURIComponent(token)}`);
      expect(text).not.toContain(token);
      expect(text).not.toContain('<script');
    },
  );

  test.each(['', '?owner_token=a&owner_token=b', `?owner_token=${'x'.repeat(5000)}`, '?other=1', '?owner_token[a]=b'])(
    'shows the page for %.20s',
    async (query) => {
      expect((await app.ask(`/letters/owner${query}`)).status).toBe(200);
    },
  );
});

describe('POST /letters/owner', () => {
  test('mutes the letters of registration, and ends that', async () => {
    const ada = someone();
    await ada.register();
    const owner_token = await ada.ownerToken();
    await ada.withdraw();
    expect(await submit({ owner_token, act: 'mute' })).toMatchObject({
      status: 200,
      text: expect.stringContaining('Muted'),
    });
    await ada.register();
    expect(await addressRow(app.db, ada.email)).toBeUndefined();
    await submit({ owner_token, act: 'unmute' });
    await ada.register();
    expect(await addressRow(app.db, ada.email)).toMatchObject({ state: 'CLAIMED' });
  });

  test('registers the owner in place of a squatter', async () => {
    const squatter = someone();
    await squatter.register();
    const owner_token = await squatter.ownerToken();
    const { email } = squatter;
    const password = 'the owner’s password';
    expect((await submit({ owner_token, act: 'register', email, password, unknown: 'ignored' })).status).toBe(202);
    const owner = new TestClaimant(app, email, password);
    expect((await owner.activate(await owner.code(2))).status).toBe(200);
  });

  test('lets the owner confirm with the code, and tells when it is wrong', async () => {
    const squatter = someone();
    await squatter.register();
    const { email } = squatter;
    const password = 'the owner’s password';
    const owner_token = await squatter.ownerToken();
    const asks = await submit({ owner_token, act: 'register', email, password });
    expect(asks.text).toContain(`name="email" value="${email}"`);
    const code = await new TestClaimant(app, email, password).code(2);
    const confirm = (fields: Readonly<Record<string, string>>): Promise<Answer> =>
      submit({ email, password, code, ...fields }, '/letters/owner/activation');
    expect((await confirm({ code: 'four' })).status).toBe(422);
    expect((await confirm({ password: 'somebody’s password' })).status).toBe(422);
    const wrong = await confirm({ code: code === '0000' ? '0001' : '0000' });
    expect([wrong.status, wrong.text]).toEqual([422, expect.stringContaining('role="alert"')]);
    expect(await addressRow(app.db, email)).toMatchObject({ state: 'CLAIMED', strikes: 1 });
    expect(await confirm({})).toMatchObject({ status: 200, text: expect.stringContaining('confirmed') });
    expect(await addressRow(app.db, email)).toMatchObject({ state: 'ACTIVE' });
  });

  test.each(['"><script>', 'a\0b@example.net', 'nobody', ''])('refuses the address %j', async (email) => {
    const answer = await submit({ email, password: 'x', code: '1234' }, '/letters/owner/activation');
    expect([answer.status, answer.text.includes('role="alert"'), answer.text.includes('<script')]).toEqual([
      422,
      true,
      false,
    ]);
  });

  test('tells what is wrong with address and password, on the page', async () => {
    const { status, text } = await submit({ act: 'register', email: 'nobody', password: 'short' });
    expect([status, text.match(/role="alert"/g)?.length]).toEqual([422, 2]);
  });

  test.each<[string, string | undefined, Readonly<Record<string, string>>, number]>([
    ['nothing', undefined, {}, 422],
    ['no act', 'owner_token=x', FORM, 422],
    ['an unknown act', 'act=delete', FORM, 422],
    ['prototype keys', '__proto__=x&constructor=y&act=', FORM, 422],
    ['ill-formed UTF-8 escapes', 'act=%ff%fe', FORM, 422],
    ['JSON', '{}', { 'content-type': 'application/json' }, 415],
    ['a form of 17 KiB', `act=${'x'.repeat(17_000)}`, FORM, 413],
  ])('answers %s', async (_what, body, headers, status) => {
    expect((await app.ask('/letters/owner', { method: 'POST', body, headers })).status).toBe(status);
  });

  test('forms are taken nowhere else', async () => {
    const body = 'email=ada%40example.net&password=correct+horse+battery';
    expect((await app.ask('/v1/registrations', { method: 'POST', body, headers: FORM })).status).toBe(415);
  });
});
