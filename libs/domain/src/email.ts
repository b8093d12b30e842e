/** An e-mail address in the one spelling that identifies it (truth 9): trimmed, printable ASCII, lower case. */
export type Email = string & { readonly brand: 'Email' };

const MAX_EMAIL = 254; // RFC 5321, 4.5.3.1.3: a path of 256 octets with its two brackets
const MAX_LOCAL_PART = 64; // RFC 5321, 4.5.3.1.1
const PRINTABLE_ASCII = /^[\x21-\x7e]+$/;
/** The grammar of an HTML input of type email, in lower case. It has no quoted local part, no comment and no address literal. */
const HTML_EMAIL =
  /^[a-z0-9.!#$%&'*+/=?^_`{|}~-]+@[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)+$/;

/**
 * The address that a text stands for, or undefined when it is none we can mail to for certain. ASCII white space at
 * the ends is dropped; an international domain is written as A-labels (RFC 5891); non-ASCII is refused before
 * lower-casing, because U+212A lower-cases to k.
 */
export function parseEmail(text: string): Email | undefined {
  if (text.length > MAX_EMAIL * 4) return undefined;
  const trimmed = text.replace(/^[ \t\r\n]+/, '').replace(/[ \t\r\n]+$/, '');
  if (trimmed.length > MAX_EMAIL || !PRINTABLE_ASCII.test(trimmed)) return undefined;
  const email = trimmed.toLowerCase();
  if (email.indexOf('@') > MAX_LOCAL_PART || !HTML_EMAIL.test(email)) return undefined;
  return email as Email;
}
