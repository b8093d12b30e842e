import { Secret } from '#domain/secret';
import { decodeProtectedHeader } from '#testing/jwt';

import { KeyRing } from '../keys/key-ring.ts';
import { OwnTokens } from './own-tokens.ts';
import { SessionTokens } from './session-tokens.ts';

const [FIRST, SECOND] = ['first secret, long enough to be one', 'second secret, long enough to be one'];
const ringOf = (secret: string, ...previous: readonly string[]): KeyRing =>
  new KeyRing(
    new Secret(secret),
    previous.map((text) => new Secret(text)),
    Buffer.alloc(32),
  );
const openerOf = (typ: string, ring: KeyRing, purpose: 'refresh-token' | 'device-token') =>
  new OwnTokens<{ readonly n: number }>(typ, ring.hmacKeys(purpose));

const CLAIMS = { n: 1, iat: 1_000, exp: 2_000 };
const before = openerOf('rt+jwt', ringOf(FIRST), 'refresh-token');
const token = before.sign(CLAIMS);

test('the same claims make the same text, which is opened however old it is', () => {
  expect(before.sign(CLAIMS)).toBe(token);
  expect(before.open(token)).toEqual(CLAIMS);
  expect(before.sign({ ...CLAIMS, n: 2 })).not.toBe(token);
});

test('the token of a former secret stays good as long as the secret is listed; new ones are made with the new secret', () => {
  const after = openerOf('rt+jwt', ringOf(SECOND, FIRST), 'refresh-token');
  expect(after.open(token)).toEqual(CLAIMS);
  expect(decodeProtectedHeader(after.sign(CLAIMS)).kid).toBe(ringOf(SECOND).currentKeyId);
  expect(before.open(after.sign(CLAIMS))).toBeUndefined();
  expect(openerOf('rt+jwt', ringOf(SECOND), 'refresh-token').open(token)).toBeUndefined();
});

test('the key of another purpose opens nothing, even under the same type', () => {
  expect(openerOf('rt+jwt', ringOf(FIRST), 'device-token').open(token)).toBeUndefined();
});

test('another type opens nothing, even with the same key', () => {
  expect(openerOf('dt+jwt', ringOf(FIRST), 'refresh-token').open(token)).toBeUndefined();
});

test('a change of any digit of the signature or of the claims is found', () => {
  const [header, payload = '', signature = ''] = token.split('.');
  const changed = (text: string, at: number): string =>
    text.slice(0, at) + (text[at] === 'A' ? 'B' : 'A') + text.slice(at + 1);
  for (let at = 0; at < signature.length; at++)
    expect(before.open(`${header}.${payload}.${changed(signature, at)}`)).toBeUndefined();
  for (let at = 0; at < payload.length; at++)
    expect(before.open(`${header}.${changed(payload, at)}.${signature}`)).toBeUndefined();
});

test('a refresh token is no device token, nor the other way round', () => {
  const tokens = new SessionTokens(ringOf(FIRST));
  const at = new Date(1_000_000);
  const session = { sessionId: 's', accountId: 'a', generation: 3, issuedAt: at, refreshUntil: at };
  const refresh = tokens.refreshToken({ ...session, authenticatedAt: at, amr: ['pwd'], roles: [] });
  const device = tokens.deviceToken({ sub: 'a', did: 'd', ver: 1 }, at);
  expect(tokens.openRefreshToken(refresh)).toMatchObject({ sid: 's', gen: 3 });
  expect(tokens.openDeviceToken(device)).toMatchObject({ sub: 'a', did: 'd', ver: 1, exp: 1_000 + 180 * 86_400 });
  expect([tokens.openRefreshToken(device), tokens.openDeviceToken(refresh)]).toEqual([undefined, undefined]);
});
