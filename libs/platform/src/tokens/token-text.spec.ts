import { cpuTimeOf } from '#testing/cpu-time';
import { respelt } from '#testing/forged-tokens';

import { headerText, numericDate, tokenParts } from './token-text.ts';

const HEADER = headerText('ES256', 'at+jwt', 'kid');
const PAYLOAD = Buffer.from('{"sub":"somebody at all"}').toString('base64url');
const MAC = Buffer.alloc(32, 9).toString('base64url');
const SIGNATURE = Buffer.alloc(64, 9).toString('base64url');

test('a MAC of 32 bytes and a signature of 64 make a token', () => {
  for (const signature of [MAC, SIGNATURE])
    expect(tokenParts(`${HEADER}.${PAYLOAD}.${signature}`)).toEqual({ header: HEADER, payload: PAYLOAD, signature });
});

test.each([
  ['nothing', ''],
  ['one part', HEADER],
  ['two parts', `${HEADER}.${PAYLOAD}`],
  ['four parts', `${HEADER}.${PAYLOAD}.${MAC}.${MAC}`],
  ['an empty signature', `${HEADER}.${PAYLOAD}.`],
  ['an empty payload', `${HEADER}..${MAC}`],
  ['a signature that is shorter by a digit', `${HEADER}.${PAYLOAD}.${SIGNATURE.slice(1)}`],
  ['a signature that is longer by a digit', `${HEADER}.${PAYLOAD}.A${MAC}`],
  ['a MAC in another spelling', `${HEADER}.${PAYLOAD}.${respelt(MAC)}`],
  ['a signature in another spelling', `${HEADER}.${PAYLOAD}.${respelt(SIGNATURE)}`],
  ['padding', `${HEADER}.${PAYLOAD}.${MAC}=`],
  ['the alphabet of base64', `${HEADER}.${PAYLOAD}.${MAC.replace(/^../, '+/')}`],
  ['a line feed at the end', `${HEADER}.${PAYLOAD}.${MAC}\n`],
  ['a space in front', ` ${HEADER}.${PAYLOAD}.${MAC}`],
  ['a letter that is none of ASCII', `${HEADER}.${PAYLOAD}.${MAC.replace(/^./, 'ａ')}`],
  ['a header that is too long', `${'A'.repeat(201)}.${PAYLOAD}.${MAC}`],
  ['a payload that is too long', `${HEADER}.${'A'.repeat(1_601)}.${MAC}`],
])('%s is no token', (_, text) => {
  expect(tokenParts(text)).toBeUndefined();
});

test('the other spelling is one of the same bytes', () => {
  expect(respelt(MAC)).not.toBe(MAC);
  expect(Buffer.from(respelt(MAC), 'base64url')).toEqual(Buffer.from(MAC, 'base64url'));
});

test('a long text that is no token takes no time', async () => {
  const spent = await cpuTimeOf(() => {
    for (const text of ['A'.repeat(2_000_000), `${HEADER}.${'A.'.repeat(1_000_000)}`, '.'.repeat(2_000_000)])
      expect(tokenParts(text)).toBeUndefined();
  });
  expect(spent).toBeLessThan(100);
});

test('times are told in whole seconds that have passed', () => {
  expect(numericDate(new Date(1_999))).toBe(1);
});
