/** The tokens of a session. `__Host-` keeps other hosts of the domain from planting them (RFC 6265bis, 4.1.3.2). */
export const ACCESS = '__Host-at';
export const REFRESH = '__Host-rt';
/** The device token: it keeps strangers from using up the log-in attempts of this browser. */
export const DEVICE = '__Host-device';
/** A registration that waits for its code, sealed. */
export const CLAIM = '__Host-claim';
/** What was typed into a registration that was withdrawn, sealed. */
export const DRAFT = '__Host-draft';

/** A device token is good for so long. */
const DEVICE_SECONDS = 180 * 86_400;

/** How a cookie is set. No script reads it, and no other site sends it along but with a link. */
export const cookie = (seconds: number) =>
  ({ httpOnly: true, secure: true, sameSite: 'lax', path: '/', maxAge: Math.floor(seconds) }) as const;

/** How it is deleted. Next.js loses a Max-Age of 0 on the way from the proxy to the answer. */
export const DELETED = { ...cookie(0), expires: new Date(0) } as const;

/** Tokens as the API hands them out. */
export interface IssuedTokens {
  readonly access_token?: string;
  readonly refresh_token?: string;
  readonly expires_in: number;
  readonly refresh_expires_in: number;
  readonly device_token?: string;
}

interface CookieJar {
  set(name: string, value: string, options: ReturnType<typeof cookie>): unknown;
}

/** Keeps the tokens of a session. */
export function keepTokens(jar: CookieJar, tokens: IssuedTokens): void {
  if (tokens.access_token === undefined || tokens.refresh_token === undefined)
    throw new Error('the answer holds no tokens');
  jar.set(ACCESS, tokens.access_token, cookie(tokens.expires_in));
  jar.set(REFRESH, tokens.refresh_token, cookie(tokens.refresh_expires_in));
  if (tokens.device_token !== undefined) jar.set(DEVICE, tokens.device_token, cookie(DEVICE_SECONDS));
}

/** Forgets the session. The device token stays. */
export function dropTokens(jar: CookieJar): void {
  for (const name of [ACCESS, REFRESH]) jar.set(name, '', DELETED);
}
