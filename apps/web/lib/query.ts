/** What the address of a page says after its question mark. */
export type Query = Promise<Readonly<Record<string, string | readonly string[] | undefined>>>;

/** The one value of a name that a link may give more than once; undefined: there is none. */
export function onceOf(value: string | readonly string[] | undefined): string | undefined {
  return [value].flat()[0];
}
