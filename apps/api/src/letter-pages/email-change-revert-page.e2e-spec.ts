import { TestClaimant } from '#testing/claimant';
import { changeAddress } from '#testing/email-changes';
import { addressRow } from '#testing/rows';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';

const PATH = '/letters/email-change-revert';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const submit = (token: string): Promise<Answer> =>
  app.ask(PATH, {
    method: 'POST',
    body: new URLSearchParams({ token }).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });

test('the page of the letter restores the address when its form is sent, once, and not when it is opened', async () => {
  const ada = new TestClaimant(app, 'ada@example.com');
  await ada.becomeActive();
  const thief = await TestSession.of(app, ada);
  const { token } = await changeAddress(app, thief, ada, 'thief@example.net');
  const link = new URL(/^http\S+$/m.exec((await ada.letter(2)).text)?.[0] ?? '');
  expect([link.pathname, link.searchParams.get('token')]).toEqual([PATH, token]);
  for (const method of ['GET', 'HEAD', 'GET'])
    expect((await app.ask(link.pathname + link.search, { method })).status).toBe(200);
  const { text } = await app.ask(link.pathname + link.search);
  expect(text).toContain(`<input type="hidden" name="token" value="${token}">`);
  expect([await thief.isAlive(), await addressRow(app.db, ada.email)]).toEqual([true, undefined]);
  expect(await submit(`${token}x`)).toMatchObject({ status: 400, text: expect.stringContaining('role="alert"') });
  const done = await submit(token);
  expect([done.status, done.text]).toEqual([200, expect.stringContaining('Your address is restored')]);
  expect([await thief.isAlive(), await addressRow(app.db, ada.email)]).toMatchObject([false, { state: 'ACTIVE' }]);
  expect((await ada.letter(3)).subject).toBe('Set a new password');
  expect((await submit(token)).status).toBe(400);
});
