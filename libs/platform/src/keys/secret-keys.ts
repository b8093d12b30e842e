import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  createSecretKey,
  hkdfSync,
  randomBytes,
  type KeyObject,
} from 'node:crypto';

import type { Secret } from '#domain/secret';

const IV_BYTES = 12;
const TAG_BYTES = 16;

/** What a key is for. Each purpose has a key of its own, derived from the secret by HKDF-SHA256 (RFC 5869). */
export type KeyPurpose =
  | 'registration-code'
  | 'email-change-code'
  | 'owner-token'
  | 'account-token'
  | 'envelope'
  | 'audit-subject'
  | 'audit-batch'
  | 'audit-checkpoint'
  | 'sealed-key'
  | 'stand-in'
  | 'refresh-token'
  | 'device-token'
  | 'cursor';

/** The keys that come from one `TROTH_SECRET`. Nothing but the secret is needed to have them again. */
export class SecretKeys {
  /** Names the secret without telling it: eight hexadecimal digits. */
  readonly id: string;
  readonly #secret: Secret;
  readonly #derived = new Map<string, Buffer>();

  constructor(secret: Secret) {
    this.#secret = secret;
    this.id = this.#derive('key-id').subarray(0, 4).toString('hex');
  }

  /** HMAC-SHA256 over the parts, each prefixed with its length, so that no two lists of parts share a MAC. */
  mac(purpose: KeyPurpose, ...parts: readonly (string | Uint8Array)[]): Buffer {
    return macOfParts(this.#derive(purpose), parts);
  }

  seal(purpose: KeyPurpose, plain: Uint8Array): Buffer {
    return seal(this.#derive(purpose), plain);
  }

  /** The plain bytes; undefined when they were not sealed with this key or were changed since. */
  open(purpose: KeyPurpose, sealed: Uint8Array): Buffer | undefined {
    return open(this.#derive(purpose), sealed);
  }

  /** The key of a purpose, for a library that computes MACs itself. */
  hmacKey(purpose: KeyPurpose): KeyObject {
    return createSecretKey(this.#derive(purpose));
  }

  #derive(purpose: string): Buffer {
    let key = this.#derived.get(purpose);
    if (key === undefined) {
      key = Buffer.from(hkdfSync('sha256', this.#secret.reveal(), '', `troth/1/${purpose}`, 32));
      this.#derived.set(purpose, key);
    }
    return key;
  }
}

/** HMAC-SHA256 over length-prefixed parts. */
export function macOfParts(key: Uint8Array, parts: readonly (string | Uint8Array)[]): Buffer {
  const hmac = createHmac('sha256', key);
  for (const part of parts) {
    const bytes = typeof part === 'string' ? Buffer.from(part, 'utf8') : part;
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    hmac.update(length).update(bytes);
  }
  return hmac.digest();
}

/** AES-256-GCM with a random 96-bit nonce: nonce, ciphertext, tag. */
export function seal(key: Uint8Array, plain: Uint8Array): Buffer {
  const iv = randomBytes(IV_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, iv);
  return Buffer.concat([iv, cipher.update(plain), cipher.final(), cipher.getAuthTag()]);
}

/** The reverse of `seal`; undefined for anything else. */
export function open(key: Uint8Array, sealed: Uint8Array): Buffer | undefined {
  if (sealed.length < IV_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv('aes-256-gcm', key, sealed.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
  decipher.setAuthTag(sealed.subarray(sealed.length - TAG_BYTES));
  try {
    return Buffer.concat([decipher.update(sealed.subarray(IV_BYTES, sealed.length - TAG_BYTES)), decipher.final()]);
  } catch {
    return undefined;
  }
}
