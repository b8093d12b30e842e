/** How long a display name may be, in code points. */
export const LONGEST_DISPLAY_NAME = 100;

/** Characters of control, of their own lines, and those that turn the writing direction of whatever follows them. */
const CONTROLS = /[\p{Cc}\p{Cs}\u2028\u2029\u202a-\u202e\u2066-\u2069]/u;
/** Something that can be seen. */
const VISIBLE = /[\p{L}\p{N}\p{P}\p{S}]/u;

/** The name that somebody wants to be called by, without white space around it; undefined for a text that cannot be one. */
export function parseDisplayName(text: string): string | undefined {
  if (text.length > LONGEST_DISPLAY_NAME * 4) return undefined;
  const name = text.trim();
  const isName = !CONTROLS.test(name) && VISIBLE.test(name) && [...name].length <= LONGEST_DISPLAY_NAME;
  return isName ? name : undefined;
}
