/** A list that is read page by page while the export is sent. */
export type Pages = AsyncIterable<readonly object[]>;

/** How PostgreSQL writes a time into JSON. */
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?[+-]\d\d:\d\d$/;
const NAME_OF_TIME = /_(?:at|until)$/;

/** The JSON of an object whose last members are lists of any length: no more than a page of one is held at a time. */
export async function* exportText(head: object, lists: Readonly<Record<string, Pages>>): AsyncGenerator<string> {
  yield jsonText(head).slice(0, -1);
  for (const [name, pages] of Object.entries(lists)) {
    yield `,${JSON.stringify(name)}:[`;
    let between = '';
    for await (const page of pages) {
      yield between + page.map(jsonText).join(',');
      between = ',';
    }
    yield ']';
  }
  yield '}\n';
}

/** Reads a list by the ids of its items: what stands behind the last one, until a page is not full. */
export async function* pagesOf<Item extends { readonly id: string }>(
  size: number,
  read: (behind: string | undefined) => Promise<readonly Item[]>,
): AsyncGenerator<readonly Item[]> {
  let page = await read(undefined);
  while (page.length > 0) {
    yield page;
    if (page.length < size) return;
    page = await read(page.at(-1)?.id);
  }
}

/** JSON whose times are in UTC, however the database wrote them. */
function jsonText(value: object): string {
  return JSON.stringify(value, (name, member: unknown) =>
    typeof member === 'string' && NAME_OF_TIME.test(name) && TIME.test(member)
      ? new Date(member).toISOString()
      : member,
  );
}
