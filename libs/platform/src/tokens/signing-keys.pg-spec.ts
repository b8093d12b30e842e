import { generateKeyPairSync } from 'node:crypto';

import { Database } from '#data/database';
import { Secret } from '#domain/secret';
import { forged } from '#testing/forged-tokens';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { decodeProtectedHeader } from '#testing/jwt';
import { times } from '#testing/turns';

import { readConfig } from '../config/config.ts';
import type { KeyRing } from '../keys/key-ring.ts';
import { loadKeyRing, resealKeys } from '../keys/sealed-keys.ts';
import { AccessTokens } from './access-tokens.ts';
import { KEY_NOTICE_SECONDS, makeSigningKey, SigningKeys } from './signing-keys.ts';

const first = new Secret('first secret that is long enough to be one');
const second = new Secret('second secret that is long enough to be one');
const DAYS_90 = 90 * 24 * 3_600;
const AT = new Date(1_700_000_000_000);
const SESSION = {
  sessionId: 'b6d1f2c4-0000-7000-8000-000000000001',
  accountId: 'b6d1f2c4-0000-7000-8000-000000000002',
  generation: 1,
  issuedAt: AT,
  refreshUntil: AT,
  authenticatedAt: AT,
  amr: ['pwd'],
  roles: [],
};

let db: TestDatabase;
let pool: Database;
let ring: KeyRing;
beforeEach(async () => {
  db = await freshDatabase();
  pool = Database.open({ url: db.appUrl, poolSize: 10 });
  ring = await loadKeyRing(db.sql, first, []);
});
afterEach(async () => {
  await pool.close();
  await db.drop();
});

/** A process: its keys, and what it signs and verifies with them. */
class Replica {
  readonly keys: SigningKeys;
  readonly tokens: AccessTokens;

  constructor(keyRing = ring) {
    this.keys = new SigningKeys(pool, keyRing);
    this.tokens = new AccessTokens(
      readConfig({ NODE_ENV: 'test', TROTH_SECRET: first.reveal(), DATABASE_URL: db.appUrl }),
      this.keys,
    );
  }

  static async started(keyRing = ring): Promise<Replica> {
    const replica = new Replica(keyRing);
    await replica.keys.load();
    return replica;
  }

  sign(): string {
    return this.tokens.sign(SESSION, { at: AT, authenticatedAt: AT });
  }

  async takes(token: string): Promise<boolean> {
    return (await this.tokens.verify(token))?.sid === SESSION.sessionId;
  }

  get published(): readonly string[] {
    return this.keys.jwks.map(({ kid }) => kid);
  }
}

const age = (seconds: number): Promise<unknown> =>
  db.owner`
    update signing_key
       set signs_from = signs_from - make_interval(secs => ${seconds}::int),
           created_at = created_at - make_interval(secs => ${seconds}::int)`;

/** As the job does, for keys that are older than that. */
const makeKey = async (leastAgeSeconds: number): Promise<string> => {
  const kid = await makeSigningKey(db.sql, ring, leastAgeSeconds);
  if (kid === undefined) throw new Error('no key was made');
  return kid;
};

/** A token with this key id that somebody else signed. */
const strange = (kid: string): string =>
  forged(
    { alg: 'ES256', typ: 'at+jwt', kid },
    { sid: SESSION.sessionId },
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey,
  );

test('ten processes that start at once sign with one key', async () => {
  const replicas = await times(10, () => Replica.started());
  expect(await db.owner`select from signing_key`).toHaveLength(1);
  expect(new Set(replicas.map(({ keys }) => keys.current.kid)).size).toBe(1);
  expect(await replicas[0]?.takes(replicas[9]?.sign() ?? '')).toBe(true);
});

test('a key that is old has one successor, however many replicas look', async () => {
  await Replica.started();
  expect(await makeSigningKey(db.sql, ring, DAYS_90)).toBeUndefined();
  await age(DAYS_90);
  const made = await times(10, () => makeSigningKey(db.sql, ring, DAYS_90));
  expect(made.filter(Boolean)).toHaveLength(1);
});

test('a new key is published before it signs, and the one before stays good until its last token has ended', async () => {
  const replica = await Replica.started();
  const [former, old] = [replica.keys.current.kid, replica.sign()];
  await age(DAYS_90);
  const next = await makeKey(DAYS_90);
  await replica.keys.load();
  expect([replica.keys.current.kid, replica.published]).toEqual([former, [former, next]]);
  await age(KEY_NOTICE_SECONDS - 5);
  await replica.keys.load();
  expect(replica.keys.current.kid).toBe(former);
  await age(5);
  await replica.keys.load();
  expect([replica.keys.current.kid, replica.published]).toEqual([next, [former, next]]);
  expect(decodeProtectedHeader(replica.sign()).kid).toBe(next);
  expect([await replica.takes(old), await replica.takes(replica.sign())]).toEqual([true, true]);
  // The longest life of an access token is an hour.
  await age(3_600);
  await replica.keys.load();
  expect(await replica.takes(old)).toBe(true);
  await age(3_600);
  await replica.keys.load();
  expect([replica.published, await replica.takes(old)]).toEqual([[next], false]);
});

test('a token that was taken before is refused once its key is gone', async () => {
  const replica = await Replica.started();
  const [token, kid] = [replica.sign(), replica.keys.current.kid];
  expect([await replica.takes(token), await replica.takes(token)]).toEqual([true, true]);
  await age(DAYS_90);
  await makeKey(DAYS_90);
  await age(KEY_NOTICE_SECONDS);
  await db.owner`delete from signing_key where kid = ${kid}`;
  await replica.keys.load();
  expect(await replica.takes(token)).toBe(false);
});

test('a replica that saw the new key at its last look takes its tokens; one that did not looks when it meets one', async () => {
  const [ahead, behind] = [await Replica.started(), await Replica.started()];
  await makeKey(0);
  await age(KEY_NOTICE_SECONDS);
  await ahead.keys.load();
  const later = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 5_000);
  try {
    expect(ahead.keys.current.kid).not.toBe(behind.keys.current.kid);
    expect(await times(5, () => behind.takes(ahead.sign()))).toEqual([true, true, true, true, true]);
    expect(behind.keys.current.kid).toBe(ahead.keys.current.kid);
  } finally {
    later.mockRestore();
  }
});

test('a flood of tokens with unknown keys makes a process look once in five seconds', async () => {
  const replica = await Replica.started();
  let looks = 0;
  pool.onStatement(() => (looks += 1));
  const flood = async (): Promise<number> => {
    looks = 0;
    expect(await times(50, (n) => replica.takes(strange(`unknown ${n}`)))).not.toContain(true);
    return looks;
  };
  expect(await flood()).toBe(0);
  const began = performance.now();
  const clock = jest.spyOn(performance, 'now');
  try {
    clock.mockReturnValue(began + 5_000);
    expect([await flood(), await flood()]).toEqual([1, 0]);
    clock.mockReturnValue(began + 9_999);
    expect(await flood()).toBe(0);
    clock.mockReturnValue(began + 10_000);
    expect([await flood(), await flood()]).toEqual([1, 0]);
  } finally {
    clock.mockRestore();
  }
});

test('while the database cannot be asked, a token of an unknown key is not called forged', async () => {
  const replica = await Replica.started();
  const clock = jest.spyOn(performance, 'now').mockReturnValue(performance.now() + 5_000);
  try {
    await pool.close();
    await expect(replica.takes(strange('unknown'))).rejects.toThrow();
    await expect(replica.takes(strange('unknown'))).rejects.toThrow();
    expect(await replica.takes(replica.sign())).toBe(true);
  } finally {
    clock.mockRestore();
  }
});

describe('a change of the secret', () => {
  test('a former secret that is listed opens the key', async () => {
    const token = (await Replica.started()).sign();
    const replica = await Replica.started(await loadKeyRing(db.sql, second, [first]));
    expect([await replica.takes(token), await db.owner`select from signing_key`]).toEqual([true, [{}]]);
  });

  test('sealed anew, the key needs the new secret alone, and so does the one that will sign', async () => {
    const token = (await Replica.started()).sign();
    await age(DAYS_90);
    await makeKey(DAYS_90);
    expect(await resealKeys(db.sql, second, [first])).toEqual(['address', 'access tokens', 'access tokens']);
    expect(await resealKeys(db.sql, second, [first])).toEqual([]);
    const alone = await loadKeyRing(db.sql, second, []);
    expect(await (await Replica.started(alone)).takes(token)).toBe(true);
    await age(KEY_NOTICE_SECONDS);
    expect(await (await Replica.started(alone)).takes(token)).toBe(true);
  });

  test('without the secret the process says so instead of making a key of its own', async () => {
    await Replica.started();
    await resealKeys(db.sql, second, [first]);
    await expect(Replica.started()).rejects.toThrow('TROTH_SECRETS_PREVIOUS');
    expect(await db.owner`select from signing_key`).toHaveLength(1);
  });
});
