import { readInventory } from '#data/inventory';
import { DATA_CLASSES, LIFETIMES } from '#domain/annotation';
import { freshDatabase } from '#testing/fresh-database';
import { startTestApp, type TestApp } from '#testing/test-app';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ PURGE_INTERVAL_SECONDS: '3600' });
});
afterAll(() => app.stop());

interface Published {
  readonly data: readonly Readonly<Record<string, unknown>>[];
}

async function published(path: string, on = app): Promise<Published> {
  const { status, headers, body } = await on.ask(path);
  expect([status, headers.get('cache-control')]).toEqual([200, 'public, max-age=300']);
  return body as Published;
}

describe('the inventory', () => {
  test('tells every field of every table once, class by class', async () => {
    const { data } = await published('/v1/privacy/inventory');
    const classes = data.map((one) => one.class);
    expect(classes).toEqual(DATA_CLASSES.filter((name) => classes.includes(name)));
    const fields = data.flatMap((one) => one.fields as { table: string; field: string }[]);
    const { columns } = await readInventory(app.db.sql);
    const names = fields.map(({ table, field }) => `${table}.${field}`);
    expect(names.sort()).toEqual(columns.map(({ table, column }) => `${table}.${column}`).sort());
  });

  test('tells why a field is there, whom it tells about, how long it stays, and whether it can be left out', async () => {
    const { data } = await published('/v1/privacy/inventory');
    const fields = data.flatMap((one) => one.fields as Readonly<Record<string, unknown>>[]);
    const find = (table: string, field: string) => fields.find((it) => it.table === table && it.field === field);
    expect(find('account', 'birthdate')).toEqual({
      table: 'account',
      field: 'birthdate',
      purpose: 'The age, for applications that have to know it.',
      personal: 'yes',
      retention: 'account',
      from: null,
      until: null,
      optional: true,
      withheld: null,
    });
    expect(find('struck_claim', 'address_key')).toMatchObject({
      personal: 'pseudonym',
      retention: 'P30D',
      from: 'struck_at',
      optional: false,
    });
    expect(find('vault.account_password', 'phc')).toMatchObject({ withheld: 'Whoever has it can try passwords.' });
  });

  test('every field of the profile that a person may leave out is optional', async () => {
    const { data } = await published('/v1/privacy/inventory');
    const fields = data.flatMap((one) => one.fields as Readonly<Record<string, unknown>>[]);
    const profile = ['username', 'display_name', 'birthdate', 'locale'];
    const optional = fields.filter((it) => it.table === 'account' && it.optional === true).map((it) => it.field);
    expect(optional).toEqual(expect.arrayContaining(profile));
  });
});

describe('retention', () => {
  test('tells for every field how long it stays, and what the job does then', async () => {
    const retention = await published('/v1/privacy/retention');
    expect(retention).toMatchObject({ job_interval_seconds: 3600, lifetimes: LIFETIMES });
    const { columns } = await readInventory(app.db.sql);
    const names = retention.data.flatMap((it) =>
      (it.fields as string[]).map((field) => `${it.table as string}.${field}`),
    );
    expect(names.sort()).toEqual(columns.map(({ table, column }) => `${table}.${column}`).sort());
    expect(retention.data.find((it) => it.table === 'registration_mute')).toEqual({
      table: 'registration_mute',
      classes: ['limits'],
      fields: ['address_key', 'muted_until'],
      retention: 'P30D',
      from: null,
      until: 'muted_until',
      act: 'The row is deleted.',
    });
    const silent = retention.data.filter(({ act }) => act === null).map((it) => it.retention as string);
    expect([...new Set(silent)].sort()).toEqual(Object.keys(LIFETIMES).sort());
  });

  test('tells nothing of what is there at the moment', async () => {
    await app.db.owner`
      insert into registration_mute (address_key, muted_until)
      select int4send(n), clock_timestamp() - interval '1 day' from generate_series(1, 4711) as n`;
    expect(JSON.stringify(await published('/v1/privacy/retention'))).not.toContain('4711');
  });
});

test('the comments are read once, however often they are asked for', async () => {
  const paths = ['/v1/privacy/inventory', '/v1/privacy/retention'];
  await Promise.all(paths.map((path) => published(path)));
  app.statements();
  await Promise.all([...paths, ...paths].map((path) => published(path)));
  expect(app.statements().filter((text) => text.includes('col_description'))).toEqual([]);
});

test('a comment that cannot be read leaves its field out, and a database that fails is asked again', async () => {
  const db = await freshDatabase();
  await db.owner`comment on column account.locale is 'of a newer release'`;
  await db.owner`revoke execute on function col_description(oid, integer) from public`;
  const on = await startTestApp({}, db);
  try {
    expect((await on.ask('/v1/privacy/inventory')).status).toBe(500);
    await db.owner`grant execute on function col_description(oid, integer) to public`;
    const { data } = await published('/v1/privacy/inventory', on);
    const fields = data.flatMap((one) => one.fields as { table: string; field: string }[]);
    expect(fields.some(({ table, field }) => table === 'account' && field === 'locale')).toBe(false);
    expect(fields.some(({ table, field }) => table === 'account' && field === 'username')).toBe(true);
  } finally {
    await on.stop();
    await db.drop();
  }
});
