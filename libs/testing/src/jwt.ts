/** The claims of a token, unverified. */
export function decodeJwt(token: string): Readonly<Record<string, unknown>> {
  return partOf(token, 1);
}

/** The header of a token, unverified. */
export function decodeProtectedHeader(token: string): Readonly<Record<string, unknown>> {
  return partOf(token, 0);
}

function partOf(token: string, at: number): Readonly<Record<string, unknown>> {
  return JSON.parse(Buffer.from(token.split('.')[at] ?? '', 'base64url').toString('utf8')) as Record<string, unknown>;
}
