import { Secret } from '#domain/secret';

import { KeyRing } from './key-ring.ts';

const ID = '01a20d96-fc7a-7d2f-a487-006739ba91f0';
const ring = (secret: string, ...previous: string[]): KeyRing =>
  new KeyRing(
    new Secret(secret),
    previous.map((text) => new Secret(text)),
    new Uint8Array(32),
  );

test('a cursor gives back the entry it stands behind, also when the secret has changed', () => {
  const text = ring('one secret').cursor('users', ID);
  expect(text).toMatch(/^[\w-]{48}$/);
  expect(ring('one secret').openCursor('users', text)).toBe(ID);
  expect(ring('another one', 'one secret').openCursor('users', text)).toBe(ID);
  expect(ring('another one').openCursor('users', text)).toBeUndefined();
});

test('no other text is one: of another list, changed anywhere, cut, or spelt otherwise', () => {
  const keys = ring('one secret');
  const text = keys.cursor('users', ID);
  expect(keys.openCursor('activity', text)).toBeUndefined();
  const bytes = Buffer.from(text, 'base64url');
  for (let at = 0; at < bytes.length; at++) {
    const changed = Buffer.from(bytes);
    changed[at] = (changed[at] ?? 0) ^ 1;
    expect(keys.openCursor('users', changed.toString('base64url'))).toBeUndefined();
  }
  for (const other of ['', ID, text.slice(1), `${text}A`, `${text}=`, ` ${text}`, 'A'.repeat(48), '='.repeat(48)])
    expect(keys.openCursor('users', other)).toBeUndefined();
});
