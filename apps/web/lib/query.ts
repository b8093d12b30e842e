/** What the address of a page says after its question mark. */
export type Query = Promise<Readonly<Record<string, string | readonly string[] | undefined>>>;
