import { createHash, createPublicKey, verify, type JsonWebKey } from 'node:crypto';

import { DeletionReceipts } from '#platform/tokens/deletion-receipts';
import { TestClaimant } from '#testing/claimant';
import { decodeProtectedHeader } from '#testing/jwt';
import { TestSession } from '#testing/sessions';
import { startTestApp, type TestApp } from '#testing/test-app';
import { times } from '#testing/turns';

import { SigningKeyRotation } from './signing-key-rotation.ts';

let app: TestApp;
let replica: TestApp;
let ada: TestClaimant;
beforeAll(async () => {
  app = await startTestApp();
  ada = new TestClaimant(app, 'ada@example.com');
  // Before there is a second process, which might send the letter to a mailbox of its own.
  await ada.becomeActive();
  replica = await startTestApp({}, app.db);
});
afterAll(async () => {
  await replica.stop();
  await app.stop();
});

interface Jwk extends JsonWebKey {
  readonly kid: string;
}

const keysOf = async (on: TestApp): Promise<readonly Jwk[]> =>
  ((await on.ask('/.well-known/jwks.json')).body as { keys: Jwk[] }).keys;
/** Names of the keys of access tokens; that of receipts, which never changes, is the last one of the set. */
const kids = async (on: TestApp): Promise<readonly string[]> => (await keysOf(on)).slice(0, -1).map(({ kid }) => kid);
const kidOf = ({ tokens }: TestSession): unknown => decodeProtectedHeader(tokens.access_token).kid;
/** What the job does each minute, on every replica. */
const look = (): Promise<unknown> =>
  Promise.all([app, replica].map((on) => times(5, () => on.get(SigningKeyRotation).run())));
const ageKeys = (seconds: number): Promise<unknown> =>
  app.db.owner`update signing_key set signs_from = signs_from - make_interval(secs => ${seconds}::int)`;

test('anybody may keep the set for five minutes, and it holds no private part', async () => {
  const answer = await app.ask('/.well-known/jwks.json');
  expect([answer.status, answer.headers.get('cache-control')]).toEqual([200, 'public, max-age=300']);
  const text = expect.stringMatching(/^[\w-]{43}$/) as string;
  const key = { kty: 'EC', crv: 'P-256', x: text, y: text, kid: text, use: 'sig', alg: 'ES256' };
  expect(answer.body).toEqual({ keys: [key, key] });
  expect(await keysOf(replica)).toEqual(await keysOf(app));
});

test('the key of receipts is the last of the set, and stays when others come and go', async () => {
  const { jwk } = app.get(DeletionReceipts);
  expect((await keysOf(app)).at(-1)).toEqual(jwk);
  expect((await keysOf(replica)).at(-1)).toEqual(jwk);
});

test('somebody who knows nothing but the set verifies a token with it; its thumbprint names the key (RFC 7638)', async () => {
  const session = await TestSession.of(app, ada);
  const key = (await keysOf(replica)).find(({ kid }) => kid === kidOf(session));
  const [header, payload, signature = ''] = session.tokens.access_token.split('.');
  const publicKey = { key: createPublicKey({ key: key ?? {}, format: 'jwk' }), dsaEncoding: 'ieee-p1363' } as const;
  expect(verify('sha256', Buffer.from(`${header}.${payload}`), publicKey, Buffer.from(signature, 'base64url'))).toBe(
    true,
  );
  const { crv, kty, x, y } = key ?? {};
  expect(createHash('sha256').update(JSON.stringify({ crv, kty, x, y })).digest('base64url')).toBe(key?.kid);
});

test('keys change without a token that is refused: the next one is published by all before it signs', async () => {
  const before = await TestSession.of(app, ada);
  await look();
  expect(await kids(app)).toHaveLength(1);
  await ageKeys(90 * 86_400);
  await look();
  const [former, next, ...more] = await kids(app);
  expect([await kids(replica), more]).toEqual([[former, next], []]);
  expect(kidOf(await TestSession.of(app, ada))).toBe(former);
  await ageKeys(600);
  // One of them looks a moment before the other.
  await app.get(SigningKeyRotation).run();
  const after = await TestSession.of(app, ada);
  expect([kidOf(before), kidOf(after)]).toEqual([former, next]);
  for (const { tokens } of [before, after])
    expect([await new TestSession(app, tokens).isAlive(), await new TestSession(replica, tokens).isAlive()]).toEqual([
      true,
      true,
    ]);
  await look();
  expect(await kids(app)).toEqual([former, next]);
  await ageKeys(7_200);
  await look();
  expect([await kids(app), await kids(replica)]).toEqual([[next], [next]]);
  expect([await before.isAlive(), await after.isAlive()]).toEqual([false, true]);
});

test('whoever keeps the set can ask whether it is still the same', async () => {
  const first = await app.ask('/.well-known/jwks.json');
  const etag = first.headers.get('etag') ?? '';
  expect(etag).toMatch(/^"[\w-]{43}"$/);
  const ask = () => app.ask('/.well-known/jwks.json', { headers: { 'if-none-match': etag } });
  const again = await ask();
  expect([again.status, again.text, again.headers.get('etag')]).toEqual([304, '', etag]);
  expect(again.headers.get('cache-control')).toBe('public, max-age=300');
  await ageKeys(90 * 86_400);
  await look();
  const changed = await ask();
  expect([changed.status, (changed.body as { keys: Jwk[] }).keys.length]).toEqual([200, 3]);
  expect(changed.headers.get('etag')).not.toBe(etag);
});
