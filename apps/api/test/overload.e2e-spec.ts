import { HashGate } from '#platform/hashing/hash-gate';
import { TestClaimant } from '#testing/claimant';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { workOf } from '#testing/work-of';

let app: TestApp;
let session: TestSession;
let release = (): void => undefined;
let work: Promise<void>[] = [];
beforeAll(async () => {
  app = await startTestApp();
  const ada = new TestClaimant(app, 'ada@example.com');
  await ada.becomeActive();
  session = await TestSession.of(app, ada);
});
afterAll(() => app.stop());
afterEach(async () => {
  release();
  await Promise.all(work);
});

/** As much work as the gate takes, which does not end before it is released. */
function fillGate(): void {
  const gate = app.get(HashGate);
  const released = new Promise<void>((resolve) => (release = resolve));
  work = [];
  while (hasRoom(gate)) work.push(gate.run(() => released));
}

function hasRoom(gate: HashGate): boolean {
  try {
    gate.ensureRoom();
    return true;
  } catch {
    return false;
  }
}

/** The routes that hash a password, each with a body that is not even JSON: it is not looked at. */
const HASHING = [
  'POST /v1/registrations',
  'POST /v1/registrations/activation',
  'POST /v1/registrations/resend',
  'DELETE /v1/registrations',
  'POST /v1/sessions',
  'POST /v1/sessions/current/reauthentication',
  'POST /v1/password-resets/confirm',
  'PUT /v1/me/password',
];

test.each(HASHING)('while too many hashes wait, %s is refused at once, and at no cost', async (route) => {
  const [method = '', path = ''] = route.split(' ');
  fillGate();
  const ask = (): Promise<Answer> =>
    session.ask(path, { method, body: '{', headers: { 'content-type': 'application/json' } });
  const { status, text, names, hashes, statements } = await workOf(app, ask);
  expect([status, hashes, statements]).toEqual([503, 0, 0]);
  expect(text).toContain('"code":"overloaded"');
  expect(names).toContain('retry-after');
});

test('meanwhile whatever hashes nothing is served, and afterwards all is', async () => {
  fillGate();
  expect([await session.isAlive(), (await session.refresh()).status]).toEqual([true, 200]);
  release();
  expect((await new TestClaimant(app, 'ada@example.com').logIn()).status).toBe(201);
});
