import { createHash } from 'node:crypto';

import { CODE_PATTERN, codeFromMac } from './code.ts';

const mac = (n: number): Uint8Array => createHash('sha256').update(String(n)).digest();

test('a code has as many digits as asked for, leading zeros among them', () => {
  expect(codeFromMac(new Uint8Array(32), 4)).toBe('0000');
  expect(codeFromMac(new Uint8Array(32).fill(255), 8)).toBe('09551615');
  for (let n = 0; n < 1000; n++) expect(codeFromMac(mac(n), n % 2 ? 4 : 8)).toMatch(CODE_PATTERN);
});

test('codes are spread evenly: no first digit is rarer or commoner than chance allows', () => {
  const counts = new Array<number>(10).fill(0);
  for (let n = 0; n < 20_000; n++) {
    const digit = Number(codeFromMac(mac(n), 4)[0]);
    counts[digit] = (counts[digit] ?? 0) + 1;
  }
  for (const count of counts) expect(Math.abs(count - 2000)).toBeLessThan(200);
});
