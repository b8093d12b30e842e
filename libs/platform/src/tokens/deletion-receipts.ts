import { createPrivateKey, createPublicKey, randomBytes, sign, verify, type KeyObject } from 'node:crypto';

import { hasLowS, withLowS } from './low-s.ts';
import { publicJwkOf, type PublicJwk } from './signing-keys.ts';
import { headerText, numericDate, tokenParts } from './token-text.ts';

/** The `typ` of a receipt (RFC 8725, 3.11): nothing that takes another kind of token takes it. */
const RECEIPT_TYPE = 'deletion-receipt+jwt';

/** What was erased, as far as a receipt tells: nothing in it leads to a user without the salt that it was made with. */
export interface ReceiptFacts {
  /** When it is signed. */
  readonly at: Date;
  /** SHA-256 of a salt of 32 bytes and the 16 bytes of the account's id. */
  readonly commitment: Uint8Array;
  /** Classes of what goes. */
  readonly erased: readonly string[];
  /** Classes of what stays, until then at most. */
  readonly retained: readonly { readonly class: string; readonly until: Date }[];
}

/** What a text that somebody takes for a receipt is. `malformed`: no receipt of anybody. */
export type OpenedReceipt =
  | { readonly kind: 'signed'; readonly commitment: Uint8Array }
  | { readonly kind: 'forged' }
  | { readonly kind: 'malformed' };

/**
 * Receipts for erased accounts: JWS in compact form (RFC 7515), signed with a key of their own that stays for ever, so that
 * anybody can verify one by the key set, at any time.
 */
export class DeletionReceipts {
  /** The public key, for whoever verifies. */
  readonly jwk: PublicJwk;
  readonly #privateKey: KeyObject;
  readonly #publicKey: KeyObject;
  readonly #header: string;

  constructor(
    private readonly issuer: string,
    pkcs8: Uint8Array,
  ) {
    this.#privateKey = createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
    this.#publicKey = createPublicKey(this.#privateKey);
    this.jwk = publicJwkOf(this.#publicKey);
    this.#header = headerText('ES256', RECEIPT_TYPE, this.jwk.kid);
  }

  /** The receipt of an erasure. */
  sign({ at, commitment, erased, retained }: ReceiptFacts): string {
    const payload = {
      iss: this.issuer,
      jti: randomBytes(16).toString('base64url'),
      iat: numericDate(at),
      commitment: Buffer.from(commitment).toString('base64url'),
      erased,
      retained: retained.map((one) => ({ class: one.class, until: one.until.toISOString() })),
    };
    const input = `${this.#header}.${Buffer.from(JSON.stringify(payload)).toString('base64url')}`;
    const signature = sign('sha256', Buffer.from(input), { key: this.#privateKey, dsaEncoding: 'ieee-p1363' });
    return `${input}.${Buffer.from(withLowS(signature)).toString('base64url')}`;
  }

  /** Whoever the issuer was called then: the key is this service's alone. */
  open(text: string): OpenedReceipt {
    const parts = tokenParts(text);
    if (!parts || typeOf(parts.header) !== RECEIPT_TYPE) return { kind: 'malformed' };
    const signature = Buffer.from(parts.signature, 'base64url');
    if (parts.header !== this.#header || !hasLowS(signature)) return { kind: 'forged' };
    const input = Buffer.from(`${parts.header}.${parts.payload}`);
    if (!verify('sha256', input, { key: this.#publicKey, dsaEncoding: 'ieee-p1363' }, signature))
      return { kind: 'forged' };
    const { commitment } = JSON.parse(Buffer.from(parts.payload, 'base64url').toString('utf8')) as {
      readonly commitment: string;
    };
    return { kind: 'signed', commitment: Buffer.from(commitment, 'base64url') };
  }
}

/** The `typ` that the first part of a token names; undefined when it is no header. */
function typeOf(header: string): string | undefined {
  try {
    const { typ } = JSON.parse(Buffer.from(header, 'base64url').toString('utf8')) as { readonly typ?: string };
    return typ;
  } catch {
    return undefined;
  }
}
