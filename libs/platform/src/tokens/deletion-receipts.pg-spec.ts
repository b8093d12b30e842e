import { generateKeyPairSync, randomBytes } from 'node:crypto';

import { Database } from '#data/database';
import { Secret } from '#domain/secret';
import { forged, resigned, respelt, twinOf } from '#testing/forged-tokens';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { decodeJwt, decodeProtectedHeader } from '#testing/jwt';
import { times } from '#testing/turns';

import { readConfig } from '../config/config.ts';
import { loadKeyRing, loadReceiptKey, resealKeys } from '../keys/sealed-keys.ts';
import { AccessTokens } from './access-tokens.ts';
import { DeletionReceipts, type ReceiptFacts } from './deletion-receipts.ts';
import { SigningKeys } from './signing-keys.ts';

const first = new Secret('first secret, long enough to be one');
const second = new Secret('second secret, long enough to be one');
const ISSUER = 'https://accounts.example.com';
const FACTS: ReceiptFacts = {
  at: new Date(1_770_000_000_000),
  commitment: randomBytes(32),
  erased: ['address', 'profile'],
  retained: [{ class: 'limits', until: new Date(1_770_086_400_000) }],
};

let db: TestDatabase;
let receipts: DeletionReceipts;
beforeAll(async () => {
  db = await freshDatabase();
  receipts = new DeletionReceipts(ISSUER, await loadReceiptKey(db.sql, first, []));
});
afterAll(() => db.drop());

const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });

test('ten processes that start at once have one key, and it is sealed', async () => {
  const own = await freshDatabase();
  try {
    const keys = await times(10, () => loadReceiptKey(own.sql, first, []));
    expect(new Set(keys.map((key) => Buffer.from(key).toString('hex'))).size).toBe(1);
    const [row] = await own.owner<{ sealed: Uint8Array }[]>`select sealed from sealed_key`;
    expect(Buffer.from(row?.sealed ?? []).includes(Buffer.from(keys[0] ?? []))).toBe(false);
  } finally {
    await own.drop();
  }
});

test('the key outlives the secret: what it signed before is good after a rotation, with the former secret gone', async () => {
  const receipt = receipts.sign(FACTS);
  expect(await resealKeys(db.sql, second, [first])).toEqual(['deletion receipts']);
  const after = new DeletionReceipts(ISSUER, await loadReceiptKey(db.sql, second, []));
  expect([after.jwk, after.open(receipt).kind]).toEqual([receipts.jwk, 'signed']);
  await expect(loadReceiptKey(db.sql, first, [])).rejects.toThrow('TROTH_SECRETS_PREVIOUS');
  await resealKeys(db.sql, first, [second]);
});

test('a receipt tells what it was made of, and gives the commitment back, whatever the issuer is called by now', () => {
  const receipt = receipts.sign(FACTS);
  expect(decodeProtectedHeader(receipt)).toEqual({ alg: 'ES256', typ: 'deletion-receipt+jwt', kid: receipts.jwk.kid });
  expect(decodeJwt(receipt)).toEqual({
    iss: ISSUER,
    jti: expect.stringMatching(/^[\w-]{22}$/),
    iat: 1_770_000_000,
    commitment: Buffer.from(FACTS.commitment).toString('base64url'),
    erased: ['address', 'profile'],
    retained: [{ class: 'limits', until: '2026-02-03T02:40:00.000Z' }],
  });
  expect(receipts.open(receipt)).toEqual({ kind: 'signed', commitment: FACTS.commitment });
  expect(receipts.sign(FACTS)).not.toBe(receipt);
});

describe('is forged', () => {
  const receipt = (): string => receipts.sign(FACTS);
  const header = (): object => decodeProtectedHeader(receipt());
  const claims = { ...FACTS, commitment: Buffer.from(FACTS.commitment).toString('base64url') };

  test.each<[string, () => string]>([
    ['a receipt by another key under the same name', () => forged(header(), claims, privateKey)],
    ['a receipt of another service', () => forged({ ...header(), kid: 'x'.repeat(43) }, claims, privateKey)],
    ['a receipt without a key', () => forged({ alg: 'ES256', typ: 'deletion-receipt+jwt' }, claims, privateKey)],
    ['another algorithm', () => forged({ ...header(), alg: 'HS256' }, claims, privateKey)],
    ['none', () => forged({ ...header(), alg: 'none' }, claims, privateKey)],
    ['a signature of zeros', () => resigned(receipt(), () => Buffer.alloc(64))],
    ['the twin of its signature', () => twinOf(receipt())],
  ])('%s', (_, make) => {
    expect(receipts.open(make())).toEqual({ kind: 'forged' });
  });

  test('every change of a digit of what is signed', () => {
    const [head = '', payload = '', signature = ''] = receipt().split('.');
    for (let at = 0; at < payload.length; at++) {
      const changed = payload.slice(0, at) + (payload[at] === 'A' ? 'B' : 'A') + payload.slice(at + 1);
      expect(receipts.open(`${head}.${changed}.${signature}`)).toEqual({ kind: 'forged' });
    }
  });
});

test.each<[string, () => string]>([
  ['nothing', () => ''],
  ['a word', () => 'receipt'],
  ['two parts', () => 'e30.e30'],
  ['a header that is no JSON', () => `${'A'.repeat(30)}.${'A'.repeat(30)}.${'A'.repeat(86)}`],
  ['a header that is null', () => forged('null                  ', {}, privateKey)],
  ['another spelling of a receipt', () => respelt(receipts.sign(FACTS))],
  ['a token of another type', () => forged({ alg: 'ES256', typ: 'at+jwt', kid: receipts.jwk.kid }, FACTS, privateKey)],
])('%s is no receipt at all', (_, make) => {
  expect(receipts.open(make())).toEqual({ kind: 'malformed' });
});

test('an access token is no receipt, nor is a receipt an access token, even by the same key', async () => {
  const database = Database.open({ url: db.appUrl, poolSize: 1 });
  try {
    const keys = new SigningKeys(database, await loadKeyRing(db.sql, first, []));
    await keys.load();
    const config = readConfig({ DATABASE_URL: db.appUrl, TROTH_SECRET: 'of this test', PUBLIC_URL: ISSUER });
    const tokens = new AccessTokens(config, keys);
    const at = new Date(1_770_000_000_000);
    const id = '01a20d96-fc7a-7d2f-a487-006739ba91f0';
    const session = { sessionId: id, accountId: id, generation: 1, amr: ['pwd'], roles: [], authenticatedAt: at };
    const token = tokens.sign({ ...session, issuedAt: at, refreshUntil: at }, { at, authenticatedAt: at });
    expect(await tokens.verify(token)).toBeDefined();
    expect(receipts.open(token)).toEqual({ kind: 'malformed' });
    const own = { alg: 'ES256', typ: 'deletion-receipt+jwt', kid: keys.current.kid };
    expect(await tokens.verify(forged(own, decodeJwt(token), keys.current.privateKey))).toBeUndefined();
    expect(await tokens.verify(receipts.sign(FACTS))).toBeUndefined();
  } finally {
    await database.close();
  }
});
