import { Secret } from '#domain/secret';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

import { loadKeyRing, resealKeys, SealedKeyUnreadable } from './sealed-keys.ts';

const first = new Secret('first secret, long enough to be one');
const second = new Secret('second secret, long enough to be one');
const EMAIL = 'ada@example.com';

let db: TestDatabase;
beforeEach(async () => {
  db = await freshDatabase();
});
afterEach(() => db.drop());

test('ten processes that start at once have one key for addresses', async () => {
  const rings = await Promise.all(Array.from({ length: 10 }, () => loadKeyRing(db.sql, first, [])));
  expect(new Set(rings.map((ring) => ring.addressKey(EMAIL).toString('hex'))).size).toBe(1);
  expect(await db.owner`select from sealed_key`).toHaveLength(1);
});

test('the key outlives the secret: after a rotation and a new seal the former secret is not needed', async () => {
  const before = await loadKeyRing(db.sql, first, []);
  const during = await loadKeyRing(db.sql, second, [first]);
  expect(await resealKeys(db.sql, second, [first])).toEqual(['address']);
  expect(await resealKeys(db.sql, second, [first])).toEqual([]);
  const after = await loadKeyRing(db.sql, second, []);
  const keys = [before, during, after].map((ring) => ring.addressKey(EMAIL).toString('hex'));
  expect(new Set(keys).size).toBe(1);
});

test('another secret does not start with a new key in silence', async () => {
  await loadKeyRing(db.sql, first, []);
  await expect(loadKeyRing(db.sql, second, [])).rejects.toThrow(SealedKeyUnreadable);
  await expect(resealKeys(db.sql, second, [])).rejects.toThrow('TROTH_SECRETS_PREVIOUS');
});

test('a key that was changed at rest is refused', async () => {
  await loadKeyRing(db.sql, first, []);
  await db.owner`update sealed_key set sealed = set_byte(sealed, 20, get_byte(sealed, 20) # 1)`;
  await expect(loadKeyRing(db.sql, first, [])).rejects.toThrow(SealedKeyUnreadable);
});
