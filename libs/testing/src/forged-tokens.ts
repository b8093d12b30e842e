import { createHmac, sign, type KeyLike, type KeyObject } from 'node:crypto';

import { withLowS } from '#platform/tokens/low-s';

/** What makes a signature over the first two parts of a token. */
export type Signer = (input: string) => Uint8Array;

/** A JWT in compact form. Text in place of an object is encoded as it stands, so that it may be no JSON. */
export function compact(header: object | string, claims: object | string, signer: Signer): string {
  const input = `${encoded(header)}.${encoded(claims)}`;
  return `${input}.${Buffer.from(signer(input)).toString('base64url')}`;
}

/** The same, signed as the service signs access tokens. */
export function forged(header: object | string, claims: object | string, key: KeyObject): string {
  return compact(header, claims, es256(key));
}

/** ES256 with the lower s. */
export function es256(key: KeyObject): Signer {
  return (input) => withLowS(ecdsa('sha256', key)(input));
}

/** ECDSA with any hash and curve (RFC 7518, 3.4). */
export function ecdsa(hash: string, key: KeyObject): Signer {
  return (input) => sign(hash, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
}

/** RSA (RFC 7518, 3.3), and Ed25519 (RFC 8037) with null for the hash. */
export function signedBy(hash: string | null, key: KeyLike): Signer {
  return (input) => sign(hash, Buffer.from(input), key);
}

/** HMAC (RFC 7518, 3.2). */
export function hmac(secret: string | Uint8Array, hash = 'sha256'): Signer {
  return (input) => createHmac(hash, secret).update(input).digest();
}

/** A signature of so many bytes, each the same. */
export function bytes(count: number, value = 0): Signer {
  return () => Buffer.alloc(count, value);
}

/** The token with the signature replaced. */
export function resigned(token: string, change: (signature: Buffer) => Uint8Array): string {
  const [header, payload, signature = ''] = token.split('.');
  const changed = Buffer.from(change(Buffer.from(signature, 'base64url')));
  return `${header}.${payload}.${changed.toString('base64url')}`;
}

/** The token with the other s that is right for the same message and key: n − s. */
export function twinOf(token: string): string {
  const order = BigInt('0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551');
  return resigned(token, (signature) => {
    const s = order - BigInt(`0x${signature.subarray(32).toString('hex')}`);
    return Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, '0'), 'hex')]);
  });
}

/** The token with the same bytes, but one of the bits set that its last digit leaves over (RFC 4648, 3.5). */
export function respelt(token: string): string {
  const digits = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  return token.slice(0, -1) + (digits[digits.indexOf(token.slice(-1)) + 1] ?? '');
}

function encoded(part: object | string): string {
  return Buffer.from(typeof part === 'string' ? part : JSON.stringify(part)).toString('base64url');
}
