import { generateKeyPairSync, sign, verify } from 'node:crypto';

import { hasLowS, withLowS } from './low-s.ts';

const ORDER = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const signatureOf = (text: string): Buffer =>
  sign('sha256', Buffer.from(text), { key: privateKey, dsaEncoding: 'ieee-p1363' });
const isRight = (text: string, signature: Uint8Array): boolean =>
  verify('sha256', Buffer.from(text), { key: publicKey, dsaEncoding: 'ieee-p1363' }, signature);
const sOf = (signature: Uint8Array): bigint => BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`);
const withS = (s: bigint): Buffer =>
  Buffer.concat([Buffer.alloc(32, 7), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);

test('of a signature and its twin, which both are right, the lower one is chosen', () => {
  const seen = { low: 0, high: 0 };
  for (let n = 0; n < 200; n++) {
    const text = `message ${n}`;
    const signature = signatureOf(text);
    const twin = Buffer.concat([signature.subarray(0, 32), withS(ORDER - sOf(signature)).subarray(32)]);
    expect([isRight(text, signature), isRight(text, twin)]).toEqual([true, true]);
    expect(hasLowS(signature)).not.toBe(hasLowS(twin));
    seen[hasLowS(signature) ? 'low' : 'high'] += 1;
    const [low, lowOfTwin] = [withLowS(signature), withLowS(twin)];
    expect([isRight(text, low), hasLowS(low), low.length]).toEqual([true, true, 64]);
    expect(Buffer.compare(low, lowOfTwin)).toBe(0);
  }
  expect(seen).toEqual({ low: expect.any(Number), high: expect.any(Number) });
  expect(Math.min(seen.low, seen.high)).toBeGreaterThan(0);
});

test.each([
  ['one', 1n, true],
  ['half of the order', ORDER / 2n, true],
  ['one more', ORDER / 2n + 1n, false],
  ['the order less one', ORDER - 1n, false],
])('%s', (_, s, isLow) => {
  expect(hasLowS(withS(s))).toBe(isLow);
  expect(sOf(withLowS(withS(s)))).toBe(isLow ? s : ORDER - s);
  expect(withLowS(withS(s))).toHaveLength(64);
});
