import { readFileSync } from 'node:fs';

import postgres from 'postgres';

import { readInventory, type AnnotatedColumn, type Inventory } from '#data/inventory';
import { KeyRing } from '#platform/keys/key-ring';
import { TestClaimant } from '#testing/claimant';
import { TestSession } from '#testing/sessions';
import { startTestApp, type TestApp } from '#testing/test-app';

/** Where the rows of each table stand in the export, and what a field is called there if not like its column. */
const SECTIONS: Readonly<Record<string, { readonly section: string; readonly renamed?: Record<string, string> }>> = {
  account: { section: 'account' },
  // Addresses are told opened.
  account_token: { section: 'links', renamed: { sealed_address: 'former_email' } },
  address: { section: 'address' },
  address_quota: { section: 'quotas' },
  email_change: { section: 'email_changes', renamed: { sealed_address: 'new_email' } },
  // And so are its details.
  audit_event: { section: 'audit_events', renamed: { sealed_details: 'details' } },
  letter: { section: 'letters' },
  login_failure: { section: 'failures' },
  registration_mute: { section: 'mutes' },
  session: { section: 'sessions' },
  struck_claim: { section: 'struck_claims' },
};
/** Of these nothing is told but that the user is known by what ties the row to them. */
const TIES_ALONE = ['audit_subject', 'vault.account_password'];

type Row = Readonly<Record<string, unknown>>;
type Export = Readonly<Record<string, unknown>> & {
  readonly identifiers: Readonly<Record<'account_id' | 'subject_id' | 'address_key' | 'account_key', string>>;
  readonly sessions: readonly { readonly id: string }[];
  readonly links: readonly { readonly id: string }[];
  readonly acts_on_others: readonly { readonly id: string }[];
};

let app: TestApp;
let inventory: Inventory;
let ada: Export;
let bob: Export;
/** Every row of every table. */
const dump = new Map<string, readonly Row[]>();

beforeAll(async () => {
  app = await startTestApp();
  inventory = await readInventory(app.db.sql);
  const sessions = [await somebody('ada'), await somebody('bob')] as const;
  [ada, bob] = [await exportOf(sessions[0]), await exportOf(sessions[1])];
  await administrate(ada, bob);
  ada = await exportOf(sessions[0]);
  await takeDump();
});
afterAll(() => app.stop());

/** Somebody with something in every table. */
async function somebody(name: string): Promise<TestSession> {
  const { owner } = app.db;
  const claimant = new TestClaimant(app, `${name}@example.com`);
  await claimant.register({ username: name, locale: 'en-GB' });
  await claimant.activate(await claimant.code());
  const session = await TestSession.of(app, claimant, { device_name: `the telephone of ${name}` });
  await new TestClaimant(app, claimant.email, 'not the right password').logIn();
  await session.ask('/v1/sessions/current/reauthentication', { body: { password: 'not the right password' } });
  await app.ask('/v1/password-resets', { body: { email: claimant.email } });
  await session.ask('/v1/me/email-change', { body: { new_email: `${name}.elsewhere@example.com` } });
  await claimant.settledLetters();
  const key = app.get(KeyRing).addressKey(claimant.email);
  await owner`
    update account
       set display_name = ${`the display name of ${name}`}, birthdate = '1915-12-10',
           changes_frozen_until = clock_timestamp(), deletion_effective_at = clock_timestamp() + interval '3 days'
     where username = ${name}`;
  await owner`
    insert into letter (kind, envelope, address_key, token_id, due_at, window_closes_at)
    select 'password_reset', '\\x00', ${key}::bytea, account_token.id, clock_timestamp() + interval '1 hour',
           clock_timestamp() + interval '2 hours'
      from account_token join account on account.id = account_id where username = ${name}`;
  await owner`
    insert into registration_mute (address_key, muted_until)
    values (${key}::bytea, clock_timestamp() + interval '1 day')`;
  await owner`
    insert into struck_claim (claim_id, address_key, struck_at)
    values (gen_random_uuid(), ${key}::bytea, clock_timestamp())`;
  return session;
}

/** One of them does something to the other. */
async function administrate(by: Export, to: Export): Promise<void> {
  await app.db.owner`
    insert into audit_event (event, subject_id, actor_id)
    values ('admin.user_viewed', ${to.identifiers.subject_id}::uuid, ${by.identifiers.subject_id}::uuid)`;
}

async function exportOf(session: TestSession): Promise<Export> {
  const { status, body } = await session.ask('/v1/me/export');
  expect(status).toBe(200);
  return body as Export;
}

async function takeDump(): Promise<void> {
  const sql = postgres(app.db.superUrl, { max: 1, onnotice: () => undefined });
  try {
    for (const table of new Set(inventory.columns.map((column) => column.table))) {
      const rows = await sql.unsafe<{ row: Row }[]>(`select to_jsonb(it) as row from ${table} as it`);
      dump.set(
        table,
        rows.map(({ row }) => row),
      );
    }
  } finally {
    await sql.end();
  }
}

/** Everything that names a user. */
function identifiersOf(it: Export): readonly string[] {
  const keys = app.get(KeyRing);
  const {
    account_id: accountId,
    subject_id: subjectId,
    address_key: addressKey,
    account_key: accountKey,
  } = it.identifiers;
  const { email } = it.address as { email: string };
  const { addressBudget, sourceBudget } = keys.loginBudgets(email, '127.0.0.1');
  const budgets = it.sessions.map(({ id }) => keys.budgetKey('reauthentication', accountId, id));
  const links = [...it.sessions, ...it.links].map(({ id }) => id);
  const hex = [addressBudget, sourceBudget, ...budgets].map((key) => key.toString('hex'));
  return [accountId, subjectId, email, addressKey, accountKey, ...links, ...hex];
}

const rowsOf = (table: string, it: Export): readonly Row[] =>
  (dump.get(table) ?? []).filter((row) => identifiersOf(it).some((id) => JSON.stringify(row).includes(id)));
const itemsOf = (section: string, it: Export): readonly Row[] => [it[section] as Row | readonly Row[]].flat();

/** Columns that the export has to tell: of a claim nobody has an account yet. */
const told = (): readonly AnnotatedColumn[] =>
  inventory.columns.filter(
    ({ personal, subject, withheld, retention }) =>
      personal !== 'no' && subject === null && withheld === null && retention !== 'claim',
  );

/** A value of the dump as the export writes it. */
function written(value: unknown): unknown {
  if (typeof value !== 'string') return value;
  if (value.startsWith('\\x')) return value.slice(2);
  return /^\d{4}-\d\d-\d\dT[\d:.]+\+00:00$/.test(value) ? new Date(value).toISOString() : value;
}

test('every table that tells something about a user has its place in the export', () => {
  const tables = new Set(told().map(({ table }) => table));
  expect([...tables].sort()).toEqual(Object.keys(SECTIONS).sort());
  const tied = inventory.columns.filter(({ subject }) => subject !== null && subject !== 'claim_id');
  expect([...new Set(tied.map(({ table }) => table))].sort()).toEqual([...Object.keys(SECTIONS), ...TIES_ALONE].sort());
});

test('every field that tells something about a user stands in the export, as it stands in the database', () => {
  for (const [table, { section, renamed = {} }] of Object.entries(SECTIONS)) {
    const columns = told()
      .filter((column) => column.table === table)
      .map(({ column }) => column);
    const acts = ada.acts_on_others.map(({ id }) => id);
    const rows = rowsOf(table, ada).filter(({ id }) => !acts.includes(id as string));
    const items = itemsOf(section, ada);
    expect([table, rows.length]).not.toEqual([table, 0]);
    const names = columns.map((column) => renamed[column] ?? column);
    for (const item of items) expect([table, Object.keys(item)]).toEqual([table, expect.arrayContaining(names)]);
    const same = columns.filter((column) => !Object.hasOwn(renamed, column));
    const expected = rows.map((row) => same.map((column) => written(row[column])));
    const actual = items.map((item) => same.map((column) => item[column]));
    expect([table, actual.map(text).sort()]).toEqual([table, expected.map(text).sort()]);
  }
});

test('every row that holds an identifier of the user is of a table that the export covers', () => {
  const holding = [...dump.keys()].filter((table) => rowsOf(table, ada).length > 0);
  expect(holding.sort()).toEqual([...Object.keys(SECTIONS), ...TIES_ALONE].sort());
});

test('what the user did to others is told apart', () => {
  const acts = rowsOf('audit_event', ada).filter((row) => row.actor_id === ada.identifiers.subject_id);
  expect(ada.acts_on_others.map(({ id }) => id)).toEqual(acts.map(({ id }) => id));
  expect(acts).toHaveLength(1);
});

test('nothing of anybody else stands in it, and no secret', () => {
  const export_ = JSON.stringify(ada);
  expect(identifiersOf(bob).filter((id) => export_.includes(id))).toEqual([]);
  const secrets = inventory.columns.filter(({ withheld }) => withheld !== null);
  const values = secrets.flatMap(({ table, column }) =>
    rowsOf(table, ada)
      .map((row) => row[column])
      .filter((value) => value !== null)
      .map((value) => String(written(value))),
  );
  expect(values.filter((value) => value.length > 2).length).toBeGreaterThan(2);
  expect(values.filter((value) => value.length > 2 && export_.includes(value))).toEqual([]);
});

test('its fields are those that OpenAPI tells', () => {
  const { components } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
    readonly components: { readonly schemas: Readonly<Record<string, Schema | undefined>> };
  };
  interface Schema {
    readonly properties: Readonly<
      Record<string, { readonly $ref?: string; readonly items?: object; readonly allOf?: object }>
    >;
  }
  const fieldsOf = (name: string): readonly string[] => Object.keys(components.schemas[name]?.properties ?? {}).sort();
  expect(Object.keys(ada).sort()).toEqual(fieldsOf('DataExport'));
  for (const [section, property] of Object.entries(components.schemas.DataExport?.properties ?? {})) {
    const [, name] = /#\/components\/schemas\/(\w+)/.exec(JSON.stringify(property)) ?? [];
    if (name === undefined) continue;
    const items = itemsOf(section, ada);
    expect([section, items.length]).not.toEqual([section, 0]);
    for (const item of items) expect([section, Object.keys(item).sort()]).toEqual([section, fieldsOf(name)]);
  }
});

function text(values: readonly unknown[]): string {
  return JSON.stringify(values);
}
