import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

import { Database, type Sql } from '../database.ts';

let fresh: TestDatabase;
let sql: Sql;

beforeAll(async () => {
  fresh = await freshDatabase();
  sql = fresh.owner;
});
afterAll(() => fresh.drop());

test('rows are plain objects with the documented types', async () => {
  const [row] = await sql<Record<string, unknown>[]>`
    select 'é€😀'::text as text, (-2147483648)::int as int, 1.5::float8 as float, false as no, null::text as nothing,
           9007199254740993::int8 as big, 1.10::numeric as exact, '\\x00ff'::bytea as bytes,
           '2026-01-02 03:04:05.678+02'::timestamptz as at, '{"a": [1]}'::jsonb as data`;
  expect(row).toStrictEqual({
    text: 'é€😀',
    int: -2147483648,
    float: 1.5,
    no: false,
    nothing: null,
    big: '9007199254740993',
    exact: '1.10',
    bytes: Buffer.from([0, 255]),
    at: new Date('2026-01-02T01:04:05.678Z'),
    data: { a: [1] },
  });
});

test('parameters arrive as they were given', async () => {
  const bytes = new Uint8Array([9, 0, 255, 9]).subarray(1, 3);
  const [row] = await sql<Record<string, unknown>[]>`
    select ${`it's "é"\\`} as text, ${7}::int as int, ${2n ** 62n}::int8 as big, ${true}::boolean as yes,
           ${false}::boolean as no, ${null}::text as nothing, ${bytes}::bytea as bytes, ${'{"a":1}'}::jsonb as data,
           ${'2026-01-02T03:04:05Z'}::timestamptz as at`;
  expect(row).toEqual({
    text: `it's "é"\\`,
    int: 7,
    big: '4611686018427387904',
    yes: true,
    no: false,
    nothing: null,
    bytes: Buffer.from(bytes),
    data: { a: 1 },
    at: new Date('2026-01-02T03:04:05Z'),
  });
});

test('arrays travel both ways', async () => {
  const words = ['', 'a b', '"', '\\', '{x,y}', 'NULL', 'null', 'é\n'];
  const [row] = await sql<Record<string, unknown>[]>`
    select ${words}::text[] as words, ${[1, -2]}::int[] as ints, ${[]}::uuid[] as none, '{t,f,null}'::boolean[] as flags,
           array['\\x00'::bytea] as bytes, array['2026-01-02 03:04:05+00'::timestamptz] as moments`;
  expect(row).toEqual({
    words,
    ints: [1, -2],
    none: [],
    flags: [true, false, null],
    bytes: [Buffer.from([0])],
    moments: [new Date('2026-01-02T03:04:05Z')],
  });
});

test('half a surrogate pair is refused instead of becoming another character', async () => {
  await expect(sql<object[]>`select ${'a\ud800'} as text`).rejects.toMatchObject({ sqlState: '22021' });
  await expect(sql<object[]>`select ${['a\udc00']}::text[] as words`).rejects.toMatchObject({ sqlState: '22021' });
});

test('a statement that is planned anew, because a table has changed, gets the same parameters again', async () => {
  await sql<never[]>`create table replanned (a int)`;
  await sql<never[]>`insert into replanned values (1)`;
  const one = Database.open({ url: fresh.superUrl, poolSize: 1 });
  const read = (): Promise<object[]> =>
    one.sql<object[]>`
      select replanned.*, ${true}::boolean as yes, ${Buffer.from('abc')}::bytea as bytes, ${'"x"'}::jsonb as data
        from replanned`;
  const written = { yes: true, bytes: Buffer.from('abc'), data: 'x' };
  expect(await read()).toEqual([{ a: 1, ...written }]);
  await sql<never[]>`alter table replanned add b int`;
  expect(await read()).toEqual([{ a: 1, b: null, ...written }]);
  await one.close();
});
