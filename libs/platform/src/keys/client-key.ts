import { createHash, randomBytes } from 'node:crypto';

import { Secret } from '#domain/secret';

const KEY_BYTES = 32;

/** A new key for a client. It is shown once; its hash is what is kept. */
export function makeClientKey(): { readonly key: Secret; readonly hash: Buffer } {
  const text = randomBytes(KEY_BYTES).toString('base64url');
  return { key: new Secret(text), hash: clientKeyHash(text) };
}

/** What is kept of a client's key. A plain hash does, because nobody can try 2^256 keys. */
export function clientKeyHash(key: string): Buffer {
  return createHash('sha256').update(key).digest();
}
