import { randomBytes, randomUUID } from 'node:crypto';

import { Secret } from '#domain/secret';

import { readAccountToken } from './account-token.ts';
import { KeyRing } from './key-ring.ts';

const first = new Secret('first secret, long enough to be one');
const second = new Secret('second secret, long enough to be one');
const addressKey = randomBytes(32);
const before = new KeyRing(first, [], addressKey);
const rotated = new KeyRing(second, [first], addressKey);
const stranger = new KeyRing(second, [], addressKey);
const [tokenId, accountId] = [randomUUID(), randomUUID()];
const token = before.accountToken('password_reset', tokenId, accountId);

function isRight(ring: KeyRing, text = token, purpose = 'password_reset' as const, account = accountId): boolean {
  const read = readAccountToken(text);
  return read?.tokenId === tokenId && ring.accountTokenIsRight(purpose, read, account);
}

test('a token names its row, is the same each time, and is right after the secret was rotated too', () => {
  expect(token).toMatch(/^[\w-]{27}\.[\w-]{43}$/);
  expect(before.accountToken('password_reset', tokenId, accountId)).toBe(token);
  expect([isRight(before), isRight(rotated), isRight(stranger)]).toEqual([true, true, false]);
});

test('a token of another purpose, row, account or secret is not right', () => {
  const read = readAccountToken(token);
  expect(read && before.accountTokenIsRight('not_me', read, accountId)).toBe(false);
  expect(isRight(before, token, 'password_reset', randomUUID())).toBe(false);
  const [head] = token.split('.');
  const [, mac] = before.accountToken('password_reset', randomUUID(), accountId).split('.');
  expect(isRight(before, `${head}.${mac}`)).toBe(false);
  expect(isRight(before, rotated.accountToken('password_reset', tokenId, accountId))).toBe(false);
});

test('of all spellings of its bytes one is a token', () => {
  const last = token.at(-1) ?? '';
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  const sameBytes = `${token.slice(0, -1)}${digits[digits.indexOf(last) ^ 1]}`;
  const headEnd = `${token.slice(0, 26)}${digits[digits.indexOf(token[26] ?? '') ^ 1]}${token.slice(27)}`;
  const others = [
    '',
    ` ${token}`,
    `${token}\n`,
    `${token}=`,
    `${token}.`,
    `${token}${token}`,
    token.replace('.', ''),
    token.replace('.', ':'),
    token.slice(1),
    token.slice(0, -1),
    encodeURIComponent(token).replace('.', '%2E'),
    sameBytes,
    headEnd,
    Buffer.from(token).toString('base64url'),
  ];
  expect(others.filter((text) => readAccountToken(text) !== undefined)).toEqual([]);
});
