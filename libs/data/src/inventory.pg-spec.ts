import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

import { readInventory, retentionRules } from './inventory.ts';

let db: TestDatabase;
beforeEach(async () => {
  db = await freshDatabase();
});
afterEach(() => db.drop());

test('every column of every table says what it is for, whom it tells about, and how long it stays', async () => {
  const { columns, faults } = await readInventory(db.sql);
  expect(faults).toEqual([]);
  const tables = await db.owner<{ name: string }[]>`
    select case table_schema when 'public' then '' else table_schema || '.' end || table_name as name
      from information_schema.tables where table_schema not in ('pg_catalog', 'information_schema')`;
  expect(new Set(columns.map(({ table }) => table))).toEqual(new Set(tables.map(({ name }) => name)));
});

test('the columns that a period counts from, or that hold the end, are there, and are times', async () => {
  const rules = retentionRules(await readInventory(db.sql));
  const times = await db.owner<{ name: string }[]>`
    select case table_schema when 'public' then '' else table_schema || '.' end || table_name || '.' || column_name as name
      from information_schema.columns where data_type = 'timestamp with time zone'`;
  const named = rules.flatMap(({ table, from, until }) =>
    [from ?? until].filter((column) => column !== null).map((column) => `${table}.${column}`),
  );
  expect(named.length).toBeGreaterThan(5);
  expect(named.filter((name) => !times.some((time) => time.name === name))).toEqual([]);
});

test('what tells about nobody is tied to nobody and withheld from nobody', async () => {
  const { columns } = await readInventory(db.sql);
  const odd = columns.filter((it) => it.personal === 'no' && (it.subject !== null || it.withheld !== null));
  expect(odd.map(({ table, column }) => `${table}.${column}`)).toEqual([]);
});

test('what tells about somebody does not stay as long as the service', async () => {
  const { columns } = await readInventory(db.sql);
  const odd = columns.filter(({ personal, retention }) => personal !== 'no' && retention === 'service');
  expect(odd.map(({ table, column }) => `${table}.${column}`)).toEqual([]);
});

test('a column without a comment, with a malformed one, or with an unknown word is a fault', async () => {
  const faultsOf = async () => (await readInventory(db.sql)).faults;
  await db.owner`alter table registration_mute add column forgotten text`;
  expect(await faultsOf()).toEqual(['registration_mute.forgotten has no comment']);
  await db.owner`comment on column registration_mute.forgotten is 'What it is for.'`;
  expect(await faultsOf()).toEqual(['registration_mute.forgotten has a comment that is no JSON']);
  await db.owner`
    comment on column registration_mute.forgotten is
    '{"class": "secrets", "purpose": "What it is for.", "personal": "no", "retention": "service"}'`;
  expect(await faultsOf()).toEqual(['registration_mute.forgotten is of no known class']);
  await db.owner`
    comment on column registration_mute.forgotten is
    '{"class": "limits", "purpose": "What it is for.", "personal": "no", "retention": "a while"}'`;
  expect(await faultsOf()).toEqual(['registration_mute.forgotten stays for no known time']);
  await db.owner`
    comment on column registration_mute.forgotten is
    '{"class": "limits", "purpose": "What it is for.", "personal": "no", "retention": "service"}'`;
  expect(await faultsOf()).toEqual([]);
});

test('a table of somebody else is none of ours', async () => {
  const before = await readInventory(db.sql);
  await db.owner`create table foreign_table (anything text)`;
  expect(await readInventory(db.sql)).toEqual(before);
});
