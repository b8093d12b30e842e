import { BreachService } from '#testing/breach-service';
import { TestClaimant } from '#testing/claimant';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Ask, type TestApp } from '#testing/test-app';

const BREACHED = 'swept from a leaky site';

let service: BreachService;
let app: TestApp;
beforeAll(async () => {
  service = await BreachService.knowing({ [BREACHED]: 3 });
  app = await startTestApp({ BREACHED_PASSWORDS_URL: service.url });
});
afterAll(async () => {
  await app.stop();
  await service.stop();
});

const breached = (pointer: string) => ({ status: 422, body: { errors: [{ pointer, code: 'breached' }] } });

test('a password that is known from a breach can be neither registered nor set later', async () => {
  const ada = new TestClaimant(app, 'ada@example.com');
  const asCareless = new TestClaimant(app, ada.email, BREACHED);
  expect(await asCareless.register()).toMatchObject(breached('/password'));
  expect((await ada.becomeActive()).status).toBe(200);
  const session = await TestSession.of(app, ada);
  const change: Ask = { method: 'PUT', body: { new_password: BREACHED } };
  expect(await session.ask('/v1/me/password', change)).toMatchObject(breached('/new_password'));
  const body = { token: await ada.resetToken(), new_password: BREACHED };
  expect(await app.ask('/v1/password-resets/confirm', { body })).toMatchObject(breached('/new_password'));
  expect((await ada.logIn()).status).toBe(201);
});

test('while the service cannot be asked, passwords are taken', async () => {
  service.answering = ({ socket }) => socket.destroy();
  const careless = new TestClaimant(app, 'careless@example.com', BREACHED);
  expect((await careless.becomeActive()).status).toBe(200);
  service.answering = undefined;
});

test('whoever is refused learns nothing about the address, which is asked about in no case', async () => {
  await new TestClaimant(app, 'known@example.com').becomeActive();
  const answers = await Promise.all(
    ['known@example.com', 'unknown@example.com'].map((email) => new TestClaimant(app, email, BREACHED).register()),
  );
  const [known, unknown] = answers.map(({ status, text }) => [status, text.replace(/"instance":"[^"]*"/, '')]);
  expect(known).toEqual(unknown);
  expect(service.asked.join()).toMatch(/^(GET \/range\/[0-9A-F]{5} true,?)+$/);
});
