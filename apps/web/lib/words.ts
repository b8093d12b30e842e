/** What a list says of a key that somebody gave; undefined: nothing. What every object has, as `constructor`, is in no list. */
export function wordOf<Word>(list: Readonly<Record<string, Word>>, key: unknown): Word | undefined {
  return typeof key === 'string' && Object.hasOwn(list, key) ? list[key] : undefined;
}
