import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

let db: TestDatabase;
beforeAll(async () => {
  db = await freshDatabase();
});
afterAll(() => db.drop());

test('ids are UUIDs of version 7 that begin with the time, and are in order within a millisecond', async () => {
  const rows = await db.owner<{ id: string; before: number; after: number }[]>`
    select extract(epoch from clock_timestamp())::float8 * 1000 as before,
           uuid_v7() as id,
           extract(epoch from clock_timestamp())::float8 * 1000 as after
      from generate_series(1, 5000)`;
  const ids = rows.map(({ id }) => id);
  expect(ids).toEqual([...new Set(ids)].sort());
  expect(ids.filter((id) => !/^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toEqual(
    [],
  );
  const milliseconds = (id: string): number => Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16);
  const outside = rows.filter(
    ({ id, before, after }) => milliseconds(id) < Math.floor(before) || milliseconds(id) > after,
  );
  expect(outside).toEqual([]);
  expect(new Set(ids.map(milliseconds)).size).toBeLessThan(ids.length);
});
