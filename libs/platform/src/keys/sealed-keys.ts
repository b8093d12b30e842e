import { generateKeyPairSync, randomBytes } from 'node:crypto';

import type { Sql } from '#data/database';
import { keepSealedKey, listSealedKeys, replaceSealedKey, type SealedKey } from '#data/sealed-key';
import { listSigningKeys, resealSigningKey, type SigningKeyRow } from '#data/signing-key';
import type { Secret } from '#domain/secret';

import { KeyRing } from './key-ring.ts';
import { SecretKeys } from './secret-keys.ts';

/** No secret of this process opens a key at rest: starting all the same would count every address anew. */
export class SealedKeyUnreadable extends Error {
  constructor(purpose: string, keyId: string) {
    super(
      `The key for "${purpose}" in the database was sealed with another secret (key id ${keyId}). ` +
        'Set TROTH_SECRET to that secret, or list it in TROTH_SECRETS_PREVIOUS.',
    );
  }
}

/** Reads the keys at rest, makes those that are missing, and gives the ring. Safe for any number of processes at once. */
export async function loadKeyRing(sql: Sql, secret: Secret, previous: readonly Secret[]): Promise<KeyRing> {
  const make = (): Uint8Array => randomBytes(32);
  return new KeyRing(secret, previous, await loadKey(sql, 'address', make, secret, previous));
}

/** The private key that signs deletion receipts (PKCS #8, P-256): made once, and never changed. */
export function loadReceiptKey(sql: Sql, secret: Secret, previous: readonly Secret[]): Promise<Uint8Array> {
  const make = (): Uint8Array =>
    generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey.export({ format: 'der', type: 'pkcs8' });
  return loadKey(sql, 'deletion receipts', make, secret, previous);
}

/** Seals every key at rest with the current secret; resolves to the purposes that were sealed with a former one. */
export async function resealKeys(sql: Sql, secret: Secret, previous: readonly Secret[]): Promise<readonly string[]> {
  const current = new SecretKeys(secret);
  const resealed: string[] = [];
  for (const key of await listSealedKeys(sql)) {
    if (key.keyId === current.id) continue;
    const plain = unseal(key, secret, previous);
    const anew = { purpose: key.purpose, keyId: current.id, sealed: current.seal('sealed-key', plain) };
    if (await replaceSealedKey(sql, anew, key.keyId)) resealed.push(key.purpose);
  }
  for (const key of await listSealedSigningKeys(sql)) {
    if (key.keyId === current.id) continue;
    const anew = { kid: key.kid, keyId: current.id, sealed: current.seal('sealed-key', unseal(key, secret, previous)) };
    if (await resealSigningKey(sql, anew, key.keyId)) resealed.push(key.purpose);
  }
  return resealed;
}

/** The keys that sign access tokens now or will: of those before, nobody opens the private part any more. */
export async function listSealedSigningKeys(sql: Sql): Promise<readonly (SealedKey & Pick<SigningKeyRow, 'kid'>)[]> {
  const rows = await listSigningKeys(sql);
  const current = Math.max(
    0,
    rows.findLastIndex(({ signs }) => signs),
  );
  return rows.slice(current).map(({ kid, keyId, sealed }) => ({ purpose: 'access tokens', kid, keyId, sealed }));
}

async function loadKey(
  sql: Sql,
  purpose: string,
  make: () => Uint8Array,
  secret: Secret,
  previous: readonly Secret[],
): Promise<Uint8Array> {
  const found = (await listSealedKeys(sql)).find((key) => key.purpose === purpose);
  if (found) return unseal(found, secret, previous);
  const keys = new SecretKeys(secret);
  await keepSealedKey(sql, { purpose, keyId: keys.id, sealed: keys.seal('sealed-key', make()) });
  const kept = (await listSealedKeys(sql)).find((key) => key.purpose === purpose);
  if (!kept) throw new Error(`the key for "${purpose}" was not kept`);
  return unseal(kept, secret, previous);
}

function unseal(key: SealedKey, secret: Secret, previous: readonly Secret[]): Uint8Array {
  const keys = [secret, ...previous].map((text) => new SecretKeys(text)).find(({ id }) => id === key.keyId);
  const plain = keys?.open('sealed-key', key.sealed);
  if (plain === undefined) throw new SealedKeyUnreadable(key.purpose, key.keyId);
  return plain;
}
