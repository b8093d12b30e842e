import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

import { checkSqlRows } from './check.ts';
import { DRIVER_WORDS } from './compare.ts';

const RIGHT = [
  [
    'every kind of column',
    'sql<{ readonly id: string; name: Email; nick: string | null; age: number; mood: "wild" | "calm"; tags: readonly string[]; data: { x: number }; at: Date; sealed: Uint8Array; open: boolean }[]>`select id, name, nick, age, mood, tags, data, at, sealed, open from planted`',
  ],
  ['an interface', 'interface Row { readonly id: string } sql<readonly Row[]>`select id from planted`'],
  [
    'a type made from another',
    'interface Row { id: string; age: number } sql<Omit<Row, "age">[]>`select id from planted`',
  ],
  ['a property that is more careful than it need be', 'sql<{ name: string | null }[]>`select name from planted`'],
  ['an enum read as any string', 'sql<{ mood: string }[]>`select mood from planted`'],
  ['an alias', 'sql<{ fullName: string }[]>`select name as "fullName" from planted`'],
  [
    'parameters',
    'sql<{ id: string }[]>`select id from planted where id = ${id}::uuid and name = ${email} and age > ${age}::int and sealed = ${bytes}::bytea and nick is not distinct from ${maybe}::text`',
  ],
  ['a tag that is a property', 'port.sql<{ id: string }[]>`select id from planted`'],
  ['a write that answers nothing', 'sql<never[]>`delete from planted where id = ${id}::uuid`'],
  ['a write that answers', 'sql<{ id: string }[]>`update planted set age = age + 1 returning id`'],
  [
    'a column that a comment declares',
    'sql<{ total: number; n: string }[]>`select count(*)::int as total, -- not null: a count\n max(name) as n -- not null\n from planted`',
  ],
  [
    'a star that is a product or a count',
    'sql<{ a: number | null; b: number | null }[]>`select age * 2 as a, count(*)::int as b from planted group by age`',
  ],
  ['a star in a string', "sql<{ a: string | null }[]>`select 'select *, x.*' as a`"],
  ['a join', 'sql<{ name: string }[]>`select other.name from planted join planted as other on other.id = planted.id`'],
] as const;

const WRONG = [
  ['a wrong column', 'sql<{ nome: string }[]>`select nome from planted`', ['column "nome" does not exist']],
  ['broken SQL', 'sql<{ name: string }[]>`select name fro planted where`', ['syntax error']],
  [
    'two statements',
    'sql<{ name: string }[]>`select name from planted; select name from planted`',
    ['multiple commands'],
  ],
  [
    'a missing column',
    'sql<{ id: string; name: string }[]>`select id from planted`',
    ['no column gives the property "name"'],
  ],
  ['a missing property', 'sql<{ id: string }[]>`select id, name from planted`', ['no property for the column "name"']],
  [
    'a column of the wrong spelling',
    'sql<{ fullName: string }[]>`select name as fullName from planted`',
    ['no property for the column "fullname"', 'no column gives the property "fullName"'],
  ],
  ['a wrong type', 'sql<{ age: string }[]>`select age from planted`', ['"age" is int4, so number, not string']],
  ['a union of types', 'sql<{ age: string | number }[]>`select age from planted`', ['"age" is int4, so number, not']],
  ['any', 'sql<{ age: any }[]>`select age from planted`', ['"age" is int4, so number, not any']],
  [
    'a wrong array',
    'sql<{ tags: number[] }[]>`select tags from planted`',
    ['"tags" is text[], so string[], not number[]'],
  ],
  ['an array for its element', 'sql<{ tags: string }[]>`select tags from planted`', ['so string[], not string']],
  [
    'a label the enum has not',
    'sql<{ mood: "calm" | "wild" | "sad" }[]>`select mood from planted`',
    ['"mood" is one of calm, wild'],
  ],
  ['a label too few', 'sql<{ mood: "calm" }[]>`select mood from planted`', ['"mood" is one of calm, wild']],
  ['a bigint', 'sql<{ big: bigint }[]>`select big from planted`', ['"big" is of type int8: cast it']],
  [
    'a bare count',
    'sql<{ n: number }[]>`select count(*) as n -- not null\n from planted`',
    ['"n" is of type int8: cast it'],
  ],
  ['a date', 'sql<{ born: Date }[]>`select born from planted`', ['"born" is of type date: cast it']],
  ['a record', 'sql<{ p: object | null }[]>`select planted as p from planted`', ['cast it']],
  ['a column that may be null', 'sql<{ nick: string }[]>`select nick from planted`', ['"nick" may be null']],
  ['an expression', 'sql<{ n: string }[]>`select lower(name) as n from planted`', ['"n" may be null']],
  [
    'a column of an outer join',
    'sql<{ n: string }[]>`select o.name as n from planted left join planted o on false`',
    ['"n" may be null'],
  ],
  [
    'an outer join below',
    'sql<{ n: string }[]>`select n from (select o.name as n from planted full outer join planted o on o.id = planted.id) as s`',
    ['"n" may be null'],
  ],
  ['a scalar query', 'sql<{ n: string }[]>`select (select name from planted where false) as n`', ['"n" may be null']],
  ['a union', 'sql<{ n: string }[]>`select name as n from planted union all select null`', ['"n" may be null']],
  [
    'a union below',
    'sql<{ n: string }[]>`with a as (select name as n from planted union all select null) select n from a`',
    ['"n" may be null'],
  ],
  [
    'a recursive query',
    'sql<{ n: string }[]>`with recursive a as (select name as n from planted union all select null from a) select n from a`',
    ['"n" may be null'],
  ],
  ['grouping sets', 'sql<{ n: string }[]>`select name as n from planted group by rollup (name)`', ['"n" may be null']],
  [
    'a function that returns rows',
    'sql<{ n: string }[]>`select name as n from jsonb_populate_record(null::planted, null)`',
    ['"n" may be null'],
  ],
  ['a view', 'sql<{ n: string }[]>`select n from planted_view`', ['"n" may be null']],
  ['a row called old', 'sql<{ n: string }[]>`select old.name as n from planted as old`', ['"n" may be null']],
  ['undefined', 'sql<{ nick?: string | null }[]>`select nick from planted`', ['"nick" is never undefined']],
  ['a comment that is not needed', 'sql<{ id: string }[]>`select id -- not null\n from planted`', ['drop the comment']],
  ['a comment beside nothing', 'sql<{ id: string }[]>`select id\n from planted -- not null\n`', ['which is no column']],
  [
    'a comment against the type',
    'sql<{ n: number | null }[]>`select count(*)::int as n -- not null\n from planted`',
    ['its type admits null'],
  ],
  ['a star', 'sql<{ id: string }[]>`select * from (select id from planted) as s`', ['list every column']],
  [
    'a star of one table',
    'sql<{ id: string }[]>`select s.* from (select id from planted) as s`',
    ['list every column'],
  ],
  [
    'a star that returns',
    'sql<{ total: number }[]>`with gone as (delete from planted returning *) select count(*)::int as total -- not null\n from gone`',
    ['list every column'],
  ],
  [
    'two columns of one name',
    'sql<{ id: string }[]>`select a.id, b.id from planted a, planted b`',
    ['two columns are called "id"'],
  ],
  [
    'rows that nobody expects',
    'sql<never[]>`update planted set age = 1 returning id`',
    ['no property for the column "id"'],
  ],
  ['rows that never come', 'sql<{ id: string }[]>`update planted set age = 1`', ['no column gives the property "id"']],
  [
    'a parameter of the wrong type',
    'sql<{ id: string }[]>`select id from planted where age = ${id}::int`',
    ['$1 is int4, but string is given'],
  ],
  [
    'a number for a text',
    'sql<{ id: string }[]>`select id from planted where name = ${age}`',
    ['$1 is text, but number is given'],
  ],
  [
    'bytes for a text',
    'sql<{ id: string }[]>`select id from planted where name = ${bytes}`',
    ['$1 is text, but Uint8Array is given'],
  ],
  [
    'a parameter without a cast',
    'sql<{ id: string }[]>`select id from planted where id = ${id}`',
    ['$1 is uuid: cast it'],
  ],
  ['a table as a parameter', 'sql<{ id: string }[]>`select id from ${id}`', ['syntax error']],
] as const;

const UNREADABLE = [
  ['no row type', 'sql`select id from planted`', 'names no row type'],
  ['one row for rows', 'sql<{ id: string }>`select id from planted`', 'is not an array of rows'],
  ['a row of anything', 'sql<Record<string, string>[]>`select id from planted`', 'does not name the properties'],
  ['any row', 'sql<any[]>`select id from planted`', 'does not name the properties'],
  [
    'a generic row',
    'export function all<Row extends object>() { return sql<Row[]>`select id from planted`; }',
    'does not name the properties',
  ],
  ['a type that does not exist', 'sql<Missing[]>`select id from planted`', 'does not name the properties'],
  ['a call', 'sql(Object.assign(["select 1"], { raw: ["select 1"] }))', 'must be written as sql<Row[]>`…`'],
  [
    'another tag',
    'declare const run: (text: TemplateStringsArray) => void; run`select id from planted`',
    'the tag run is not of type Sql',
  ],
  ['a tag of type any', 'declare const run: any; run`select id from planted`', 'the tag run is not of type Sql'],
] as const;

const PREAMBLE = `
  import type { Sql } from './database.ts';
  declare const sql: Sql;
  declare const port: { readonly sql: Sql };
  declare const id: string; declare const age: number; declare const bytes: Uint8Array; declare const maybe: string | null;
  type Email = string & { readonly brand: 'Email' }; declare const email: Email;
`;

let db: TestDatabase;
let faults: readonly string[];

const fileOf = (name: string): string => `libs/data/src/planted-${name.replaceAll(' ', '-')}.ts`;

/** What was said of the file of one case, without its place. */
const faultsOf = (name: string): readonly string[] =>
  faults.filter((fault) => fault.startsWith(`${fileOf(name)}:`)).map((fault) => fault.replace(/^[^:]+:\d+: /, ''));

beforeAll(async () => {
  db = await freshDatabase();
  await db.owner<never[]>`create type mood as enum ('calm', 'wild')`;
  await db.owner<never[]>`create domain short_text as text check (length(value) < 10)`;
  await db.owner<never[]>`
    create table planted (
      id uuid primary key, name text not null, nick short_text, age int not null, big bigint not null, mood mood not null,
      tags text[] not null, data jsonb not null, at timestamptz not null, born date not null, sealed bytea not null,
      open boolean not null)`;
  await db.owner<never[]>`create view planted_view as select name as n from planted`;
  const planted = new Map([...RIGHT, ...WRONG, ...UNREADABLE].map(([name, line]) => [fileOf(name), PREAMBLE + line]));
  const report = await checkSqlRows({ root: process.cwd(), files: [...planted.keys()], planted }, db.superUrl);
  expect(report.statements).toBe(RIGHT.length + WRONG.length);
  faults = report.faults;
}, 30_000);
afterAll(() => db.drop());

test.each(RIGHT)('%s is right', (name) => {
  expect(faultsOf(name)).toEqual([]);
});

test.each(WRONG)('%s is found', (name, _, expected) => {
  expect(faultsOf(name)).toEqual(expected.map((fault) => expect.stringContaining(fault)));
});

test.each(UNREADABLE)('%s cannot be checked, and is refused', (name, _, fault) => {
  expect(faultsOf(name)).toEqual([expect.stringContaining(fault)]);
});

test('the place of a fault is its file and line', async () => {
  const file = 'libs/data/src/planted-statements.ts';
  const text =
    "import type { Sql } from './database.ts';\nexport const f = (sql: Sql) =>\n  sql<never[]>`select 1 as a`;\n";
  const sources = { root: process.cwd(), files: [file], planted: new Map([[file, text]]) };
  const report = await checkSqlRows(sources, db.superUrl);
  expect(report).toEqual({ statements: 1, faults: [`${file}:3: the row type has no property for the column "a"`] });
});

test('the driver reads every type as this check takes it', async () => {
  const [row] = await db.sql<Record<string, unknown>[]>`
    select 'x'::text as text, 'x'::varchar as varchar, 'x'::bpchar as bpchar,
           '018f2f5e-7c1a-7000-8000-000000000000'::uuid as uuid, 1::int2 as int2, 1::int4 as int4, 1::float4 as float4,
           1::float8 as float8, true as bool, '\\x00'::bytea as bytea, clock_timestamp() as timestamptz`;
  const words = Object.entries(row ?? {}).map(([type, value]) => [type, driverWord(value)]);
  expect(Object.fromEntries(words)).toEqual(DRIVER_WORDS);
});

test('the driver reads and sends arrays', async () => {
  const [row] = await db.sql<{ texts: string[] | null; numbers: number[] | null }[]>`
    select ${['a', 'b']}::text[] as texts, ${[1, 2]}::int[] as numbers`;
  expect(row).toEqual({ texts: ['a', 'b'], numbers: [1, 2] });
});

function driverWord(value: unknown): string {
  if (value instanceof Date) return 'Date';
  return value instanceof Uint8Array ? 'Uint8Array' : typeof value;
}
