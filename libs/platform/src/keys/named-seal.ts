import type { KeyPurpose, SecretKeys } from './secret-keys.ts';

/** A sealed value and an owner token begin with so many bytes, which name the secret. */
export const KEY_ID_BYTES = 4;

/** Seals under a secret and says which: the four bytes of the key id, then the seal. */
export function sealNamed(keys: SecretKeys, purpose: KeyPurpose, plain: Uint8Array): Buffer {
  return Buffer.concat([Buffer.from(keys.id, 'hex'), keys.seal(purpose, plain)]);
}

/** The reverse of `sealNamed`; undefined when none of the secrets sealed it, or it was changed since. */
export function openNamed(all: readonly SecretKeys[], purpose: KeyPurpose, sealed: Uint8Array): Buffer | undefined {
  const id = keyIdOf(sealed);
  return all.find((keys) => keys.id === id)?.open(purpose, sealed.subarray(KEY_ID_BYTES));
}

/** Names the secret that a value of `sealNamed` says it was sealed with. */
export function keyIdOf(sealed: Uint8Array): string {
  return Buffer.from(sealed.subarray(0, KEY_ID_BYTES)).toString('hex');
}
