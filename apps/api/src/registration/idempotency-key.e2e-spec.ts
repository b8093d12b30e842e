import postgres from 'postgres';

import { TestClaimant } from '#testing/claimant';
import { addressRow } from '#testing/rows';
import { startTestApp, type TestApp } from '#testing/test-app';

const [HERE, ELSEWHERE] = ['203.0.113.1', '203.0.113.2'];

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ TRUSTED_PROXIES: '127.0.0.0/8' });
});
afterAll(() => app.stop());

let people = 0;
const someone = (): TestClaimant => new TestClaimant(app, `someone${++people}@example.com`);
/** The headers of a request with a key of this test's own, from a source. */
const from = (source = HERE, key = expect.getState().currentTestName ?? '') => ({
  'idempotency-key': Buffer.from(key).toString('base64url').slice(0, 255),
  'x-forwarded-for': source,
});
const isClaimed = async ({ email }: TestClaimant) => (await addressRow(app.db, email))?.state === 'CLAIMED';

test('the same request again does nothing, and is answered alike', async () => {
  const ada = someone();
  const first = await ada.register({}, from());
  await ada.withdraw();
  const again = await ada.register({}, from());
  expect([again.status, again.text]).toEqual([first.status, first.text]);
  expect(await isClaimed(ada)).toBe(false);
});

test('the key of another source is another key', async () => {
  const [ada, bob] = [someone(), someone()];
  expect((await ada.register({}, from(HERE))).status).toBe(202);
  expect((await bob.register({}, from(ELSEWHERE))).status).toBe(202);
  expect([await isClaimed(ada), await isClaimed(bob)]).toEqual([true, true]);
  expect((await bob.register({}, from(HERE))).status).toBe(409);
});

test.each<[string, Readonly<Record<string, unknown>>]>([
  ['address', { email: 'somebody-else@example.com' }],
  ['language', { locale: 'de' }],
  ['user name', { username: 'somebody' }],
])('another %s with the same key is a conflict, and nothing is claimed', async (_what, other) => {
  const ada = someone();
  await ada.register({}, from());
  await ada.withdraw();
  expect(await ada.register(other, from())).toMatchObject({ status: 409, body: { code: 'idempotency-conflict' } });
  expect([await isClaimed(ada), await isClaimed(new TestClaimant(app, 'somebody-else@example.com'))]).toEqual([
    false,
    false,
  ]);
});

test('another password or an owner token is a replay: the claim and its password stay', async () => {
  const ada = someone();
  await ada.register({}, from());
  const [code, owner_token] = [await ada.code(), await ada.ownerToken()];
  expect((await ada.register({ password: 'another good password' }, from())).status).toBe(202);
  expect((await ada.register({ password: 'another good password', owner_token }, from())).status).toBe(202);
  expect((await ada.activate(code, 'another good password')).status).toBe(401);
  expect((await ada.activate(code)).status).toBe(200);
});

test('after 24 hours a key is fresh again, with the purge off', async () => {
  const ada = someone();
  const later = (interval: string) =>
    app.db.owner`update idempotency_key set used_at = used_at - ${interval}::interval`;
  await ada.register({}, from());
  await ada.withdraw();
  await later('23 hours 59 minutes');
  await ada.register({}, from());
  expect(await isClaimed(ada)).toBe(false);
  await later('1 minute');
  await ada.register({}, from());
  expect(await isClaimed(ada)).toBe(true);
});

test('a request that failed does not use its key up', async () => {
  const ada = someone();
  await app.db.owner`alter table letter add constraint no_room check (false) not valid`;
  const failed = await ada.register({}, from());
  await app.db.owner`alter table letter drop constraint no_room`;
  expect(failed.status).toBe(500);
  expect((await ada.register({}, from())).status).toBe(202);
  expect(await isClaimed(ada)).toBe(true);
});

test('a request that was told to come back does not use its key up', async () => {
  const ada = someone();
  const request = { body: { email: ada.email, password: ada.password }, headers: from() };
  const holder = postgres(app.db.superUrl, { max: 1 });
  await holder.begin(async (turn) => {
    await turn`lock table address in access exclusive mode`;
    expect((await app.ask('/v1/registrations', request)).status).toBe(503);
  });
  await holder.end();
  expect((await app.ask('/v1/registrations', request)).status).toBe(202);
  expect(await isClaimed(ada)).toBe(true);
});
