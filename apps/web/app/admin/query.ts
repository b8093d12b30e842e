import { onceOf, type Query } from '../../lib/query.ts';

/** Those of these fields of a form that were filled in; each once. */
export async function filledIn<Name extends string>(
  searchParams: Query,
  names: readonly Name[],
): Promise<Partial<Record<Name, string>>> {
  const given = await searchParams;
  const filled: Partial<Record<Name, string>> = {};
  for (const name of names) {
    const value = onceOf(given[name])?.trim();
    if (value) filled[name] = value;
  }
  return filled;
}

/** A path with a query of what was filled in. */
export function pathOf(path: string, query: Readonly<Record<string, string | undefined>>): string {
  const filled = Object.entries(query).filter((entry): entry is [string, string] => entry[1] !== undefined);
  return filled.length === 0 ? path : `${path}?${new URLSearchParams(filled).toString()}`;
}
