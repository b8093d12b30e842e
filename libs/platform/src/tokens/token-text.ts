/** As long as any token of ours may be. */
const LONGEST = 2_048;
const TOKEN = /^([A-Za-z0-9_-]{20,200})\.([A-Za-z0-9_-]{20,1600})\.([A-Za-z0-9_-]{43}|[A-Za-z0-9_-]{86})$/;

/** The three parts of a JWT in compact form (RFC 7515, 3.1), each in the only spelling of its bytes. */
export interface TokenParts {
  readonly header: string;
  readonly payload: string;
  readonly signature: string;
}

/**
 * The parts of a text that may be a token of ours; undefined for any other text, and for one that spells the bytes of a
 * token differently: whoever keeps tokens by their text must not meet two of one.
 */
export function tokenParts(text: string): TokenParts | undefined {
  if (text.length > LONGEST) return undefined;
  const [, header, payload, signature] = TOKEN.exec(text) ?? [];
  if (header === undefined || payload === undefined || signature === undefined) return undefined;
  // Header and payload are signed as they are spelt; the bits that the last digit of a signature leaves over are not.
  if (Buffer.from(signature, 'base64url').toString('base64url') !== signature) return undefined;
  return { header, payload, signature };
}

/** The first part of a token, as every token of this kind and key begins. */
export function headerText(alg: 'ES256' | 'HS256', typ: string, kid: string): string {
  return Buffer.from(JSON.stringify({ alg, typ, kid })).toString('base64url');
}

/** A time of the database in whole seconds since 1970, as tokens tell it (RFC 7519, 2). */
export function numericDate(at: Date): number {
  return Math.floor(at.getTime() / 1_000);
}
