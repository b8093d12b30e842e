import { exportText, pagesOf } from './export-text.ts';

async function textOf(head: object, lists: Parameters<typeof exportText>[1]): Promise<string> {
  const parts: string[] = [];
  for await (const part of exportText(head, lists)) parts.push(part);
  return parts.join('');
}

const numbered = (count: number) =>
  Array.from({ length: count }, (_, index) => ({ id: String(index).padStart(3, '0') }));
const asPages = (all: readonly { readonly id: string }[], size: number, reads: unknown[] = []) =>
  pagesOf(size, (behind) => {
    reads.push(behind);
    return Promise.resolve(all.filter(({ id }) => id > (behind ?? '')).slice(0, size));
  });

test.each([0, 1, 9, 10, 11, 20, 25])('a list of %d items is whole, and no item comes twice', async (count) => {
  const text = await textOf({ head: 1 }, { items: asPages(numbered(count), 10), others: asPages(numbered(2), 10) });
  expect(JSON.parse(text)).toEqual({ head: 1, items: numbered(count), others: numbered(2) });
});

test('a page is asked for when the one before was taken, and none behind one that is not full', async () => {
  const reads: unknown[] = [];
  const parts = exportText({}, { items: asPages(numbered(15), 10, reads) });
  await parts.next();
  await parts.next();
  expect(reads).toEqual([]);
  await parts.next();
  expect(reads).toEqual([undefined]);
  for await (const _part of parts);
  expect(reads).toEqual([undefined, '009']);
});

test('times of the database are told in UTC, and nothing else is taken for one', async () => {
  const text = '2026-11-25T10:16:33.123456+01:00';
  const told = JSON.parse(
    await textOf({ seen_at: text, muted_until: text, device_name: text, deep: [{ ends_at: text, name_at: 'x' }] }, {}),
  ) as unknown;
  const utc = '2026-11-25T09:16:33.123Z';
  expect(told).toEqual({
    seen_at: utc,
    muted_until: utc,
    device_name: text,
    deep: [{ ends_at: utc, name_at: 'x' }],
  });
});
