import { TestClaimant } from '#testing/claimant';
import { startTestApp, type TestApp } from '#testing/test-app';

let app: TestApp;
let ada: TestClaimant;
beforeAll(async () => {
  app = await startTestApp();
  ada = new TestClaimant(app, 'ada@example.com');
  await ada.register();
  await ada.letter();
});
afterAll(() => app.stop());

test('the page shows the letters, with their codes, and nothing from elsewhere', async () => {
  const { status, text, headers } = await app.ask('/dev/mailbox', { headers: { accept: 'text/html' } });
  expect([status, headers.get('content-type')]).toEqual([200, 'text/html; charset=utf-8']);
  expect(text).toContain(await ada.code());
  expect(text).toContain('ada@example.com');
  expect(text).not.toMatch(/<script|<img|<iframe|<link/);
  expect(headers.get('content-security-policy')).toContain("default-src 'none'");
});

test('the same as JSON, for one address or for all', async () => {
  const all = await app.ask('/dev/mailbox', { headers: { accept: 'application/json' } });
  expect(all.body).toMatchObject({ letters: [{ to: 'ada@example.com', subject: expect.stringMatching(/^\d{4} /) }] });
  expect((await app.ask('/dev/mailbox.json?to=ada@example.com')).body).toEqual(all.body);
  expect((await app.ask('/dev/mailbox.json?to=bob@example.com')).body).toEqual({ letters: [] });
});

test('what it answers depends on what is asked for, and on the origin where there are any', async () => {
  expect((await app.ask('/dev/mailbox')).headers.get('vary')).toBe('accept');
  const shared = await startTestApp({ WEB_ORIGINS: 'https://app.example.com' }, app.db);
  const { headers } = await shared.ask('/dev/mailbox');
  await shared.stop();
  expect(headers.get('vary')).toBe('origin, accept');
});

test.each([
  ['x-forwarded-for', '127.0.0.1'],
  ['forwarded', 'for=127.0.0.1'],
  ['x-real-ip', '127.0.0.1'],
  ['via', '1.1 proxy'],
  ['host', 'attacker.example'],
  ['host', 'localhost.attacker.example'],
])('is not there for a request with %s: %s', async (name, value) => {
  for (const path of ['/dev/mailbox', '/dev/mailbox.json']) {
    const { status, body } = await app.ask(path, { headers: { [name]: value } });
    expect([status, body]).toMatchObject([404, { code: 'not-found' }]);
  }
});

test('is not there at all when letters go by SMTP', async () => {
  const sending = await startTestApp({ SMTP_URL: 'smtp://127.0.0.1:1' }, app.db);
  try {
    expect((await sending.ask('/dev/mailbox')).status).toBe(404);
  } finally {
    await sending.stop();
  }
});

test('is not there in production', async () => {
  const settings = {
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    PUBLIC_URL: 'https://accounts.example.com',
    SMTP_URL: 'smtp://127.0.0.1:1',
    MAIL_FROM: 'no-reply@example.com',
    TROTH_SECRET: 'b7hZp0nR4tW8yKc2mQ6vXs1dFg5jLa9e',
  };
  const live = await startTestApp(settings);
  try {
    expect((await live.ask('/dev/mailbox.json')).status).toBe(404);
  } finally {
    await live.stop();
  }
});
