import { KeyRing } from '#platform/keys/key-ring';
import { TestClaimant } from '#testing/claimant';
import { TestClient } from '#testing/clients';
import { TestSession } from '#testing/sessions';
import { startTestApp, type TestApp } from '#testing/test-app';
import { times } from '#testing/turns';

let app: TestApp;
let client: TestClient;
let ada: TestClaimant;
beforeAll(async () => {
  app = await startTestApp({ REFRESH_GRACE_SECONDS: '0' });
  client = await TestClient.of(app);
  ada = new TestClaimant(app, 'ada@example.com');
  await ada.becomeActive();
});
afterAll(() => app.stop());

const revoked = async (): Promise<number> =>
  (await app.db.owner`select from audit_event where event = 'session.revoked'`).length;

test.each([
  ['an access token', 'access_token'],
  ['a refresh token', 'refresh_token'],
] as const)('%s ends its session, and no other one', async (_, kind) => {
  const [session, other] = [await TestSession.of(app, ada), await TestSession.of(app, ada)];
  const before = await revoked();
  const answer = await client.revoke(session.tokens[kind]);
  expect([answer.status, answer.text, answer.headers.get('cache-control')]).toEqual([200, '', 'no-store']);
  expect([await session.isAlive(), await other.isAlive()]).toEqual([false, true]);
  expect((await session.refresh()).status).toBe(401);
  expect(await revoked()).toBe(before + 1);
  expect((await client.revoke(session.tokens[kind])).status).toBe(200);
  expect(await revoked()).toBe(before + 1);
});

test('a refresh token that was followed ends it too', async () => {
  const session = await TestSession.of(app, ada);
  const { refresh_token } = session.tokens;
  await session.renew();
  await client.revoke(refresh_token);
  expect(await session.isAlive()).toBe(false);
});

test('the audit trail tells who wanted it', async () => {
  const session = await TestSession.of(app, ada);
  await client.revoke(session.tokens.access_token);
  const [event] = await app.db.owner<{ key: Uint8Array; details: Uint8Array }[]>`
    select wrapped_key as key, sealed_details as details
      from audit_event join audit_subject on audit_subject.id = subject_id
     where event = 'session.revoked' order by audit_event.id desc limit 1`;
  if (!event) throw new Error('no event');
  expect(app.get(KeyRing).openAuditDetails(event.key, event.details)).toEqual({
    source: '127.0.0.1',
    client: client.id,
  });
});

test('any other text is answered alike, and ends nothing', async () => {
  const session = await TestSession.of(app, ada);
  const before = await revoked();
  const { access_token, device_token } = session.tokens;
  for (const text of ['x', 'a.b.c', '\0', 'x'.repeat(15_000), device_token, `${access_token}x`]) {
    const { status, text: body } = await client.revoke(text, { token_type_hint: 'access_token' });
    expect([status, body]).toEqual([200, '']);
  }
  expect([await session.isAlive(), await revoked()]).toEqual([true, before]);
});

test('of many at once one ends the session', async () => {
  const session = await TestSession.of(app, ada);
  const before = await revoked();
  const answers = await times(20, () => client.revoke(session.tokens.refresh_token));
  expect(answers.map(({ status }) => status)).toEqual(answers.map(() => 200));
  expect(await revoked()).toBe(before + 1);
});

test('it takes three statements at most', async () => {
  const session = await TestSession.of(app, ada);
  app.statements();
  await client.revoke(session.tokens.access_token);
  expect(app.statements().filter((text) => !text.includes('letter'))).toHaveLength(3);
});
