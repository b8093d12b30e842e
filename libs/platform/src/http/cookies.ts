/** Names of cookies are tokens (RFC 6265, 4.1.1; RFC 9110, 5.6.2). */
const NAME = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** Values of cookies: cookie-octets, in quotes or not. The quotes are a part of the value (RFC 6265, 4.1.1 and 5.2). */
const VALUE = /^(?:[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*|"[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*")$/;

/**
 * The value of a cookie in a Cookie header (RFC 6265, 4.2.1); undefined when it is missing, malformed or named twice:
 * then somebody else may have planted one of the two. Malformed cookies of other names do no harm.
 */
export function cookieOf(header: string | undefined, name: string): string | undefined {
  // Space alone is stripped: a name with another character before it is another name, which browsers let anybody set.
  const pairs = (header ?? '').split(';').map((pair) => pair.replace(/^ +/, ''));
  const values = pairs.filter((pair) => pair.startsWith(`${name}=`)).map((pair) => pair.slice(name.length + 1));
  return values.length === 1 ? values.find((value) => VALUE.test(value)) : undefined;
}

/**
 * The Set-Cookie field of a cookie that only this host sets and gets, by https alone and out of reach of scripts, for so
 * many seconds; 0 removes it. Its name has to begin with `__Host-`, which makes browsers hold to that.
 */
export function hostCookie(name: string, value: string, seconds: number): string {
  if (!name.startsWith('__Host-') || !NAME.test(name) || !VALUE.test(value)) throw new TypeError('this is no cookie');
  return `${name}=${value}; Max-Age=${seconds}; Path=/; Secure; HttpOnly; SameSite=Lax`;
}
