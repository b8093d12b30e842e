import { TestClaimant } from '#testing/claimant';
import { TestSession } from '#testing/sessions';
import { startTestApp, type TestApp } from '#testing/test-app';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

test('shows the user of the token as the activation did, and nothing else of the account', async () => {
  const [ada, bob] = [new TestClaimant(app, 'ada@example.com'), new TestClaimant(app, 'bob@example.com')];
  await ada.register({ username: 'ada', locale: 'en-GB' });
  const activated = await ada.activate(await ada.code());
  await bob.becomeActive();
  const answer = await (await TestSession.of(app, ada)).ask('/v1/me');
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'no-store']);
  expect(answer.body).toEqual((activated.body as { user: unknown }).user);
  expect(answer.body).toMatchObject({ email: 'ada@example.com', username: 'ada', locale: 'en-GB', roles: [] });
  expect((await (await TestSession.of(app, bob)).ask('/v1/me')).body).toMatchObject({ email: 'bob@example.com' });
});

test('wants a token, and says by which scheme', async () => {
  const answer = await app.ask('/v1/me');
  expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([401, 'Bearer realm="troth"']);
  expect(answer.body).toMatchObject({ code: 'unauthenticated' });
  expect((await app.ask('/v1/me', { as: ['ada@example.com', 'correct horse battery'] })).status).toBe(401);
});
