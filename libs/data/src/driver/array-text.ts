/** The text of a one-dimensional array, as PostgreSQL reads it (documentation, 8.15.2). */
export function writeArray(items: readonly (string | number)[]): string {
  return `{${items.map((item) => `"${String(item).replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}

const NOT_AN_ARRAY = 'not a one-dimensional array';
const ITEM = /"((?:[^"\\]|\\.)*)"|([^",{}\\]+)/y;

/** Reads the text of a one-dimensional array; an unquoted NULL is null. Throws for anything else. */
export function readArray<T>(text: string, readItem: (text: string) => T): readonly (T | null)[] {
  if (!text.startsWith('{') || !text.endsWith('}')) throw new Error(NOT_AN_ARRAY);
  const items: (T | null)[] = [];
  const end = text.length - 1;
  let at = 1;
  while (at < end) {
    ITEM.lastIndex = at;
    const [all = '', quoted, bare = ''] = ITEM.exec(text) ?? [];
    const separator = text[at + all.length];
    if (all === '' || (separator !== ',' && separator !== '}')) throw new Error(NOT_AN_ARRAY);
    items.push(quoted === undefined ? readBare(bare, readItem) : readItem(quoted.replace(/\\(.)/gs, '$1')));
    at += all.length + 1;
  }
  return items;
}

function readBare<T>(text: string, readItem: (text: string) => T): T | null {
  return text === 'NULL' ? null : readItem(text);
}
