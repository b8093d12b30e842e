/** A user name: 3 to 30 characters, starting with a letter; always lower case, so two spellings never differ by case. */
export const USERNAME_PATTERN = /^[a-z][a-z0-9_.-]{2,29}$/;

/** The user name that somebody typed: trimmed and in lower case; undefined for a text that none can be. */
export function parseUsername(text: string): string | undefined {
  const trimmed = text.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, '');
  // Before lower-casing: U+212A becomes k.
  if (!/^[\x21-\x7e]+$/.test(trimmed)) return undefined;
  const username = trimmed.toLowerCase();
  return USERNAME_PATTERN.test(username) ? username : undefined;
}
