import { findClient } from '#data/client';
import { clientKeyHash } from '#platform/keys/client-key';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { type Ended, runOps } from '#testing/run-ops';

jest.setTimeout(60_000);

let db: TestDatabase;
beforeAll(async () => {
  db = await freshDatabase();
});
afterAll(() => db.drop());

const create = (...words: string[]): Promise<Ended> => runOps(['create-client', ...words], { DATABASE_URL: db.appUrl });
const names = async (): Promise<readonly string[]> =>
  (await db.owner<{ name: string }[]>`select name from client order by name`).map(({ name }) => name);

test('id and key are printed, and the hash of the key alone is kept', async () => {
  const { code, out, err } = await create('the billing service');
  expect([code, err]).toEqual([0, '']);
  const [, id = '', key = ''] =
    /^client id: {2}([0-9a-f-]{36})\nclient key: ([\w-]{43})\nKeep the key: .*\n$/.exec(out) ?? [];
  const client = await findClient(db.sql, id);
  expect(Buffer.from(client?.keyHash ?? [])).toEqual(clientKeyHash(key));
  const [row] = await db.owner<{ text: string }[]>`select client::text as text from client where id = ${id}::uuid`;
  expect(row?.text).toContain('the billing service');
  expect(row?.text).not.toContain(key);
});

test('a second client of the same name is refused, and each has a key of its own', async () => {
  const [first, second] = await Promise.all([create('twice'), create('twice')]);
  expect([first, second].map(({ code }) => code).sort()).toEqual([0, 1]);
  const refused = first.code === 1 ? first : second;
  expect(refused).toEqual({ code: 1, out: '', err: 'There is a client of the name "twice" already.\n' });
  const keys = (await db.owner<{ key: string }[]>`select encode(key_hash, 'hex') as key from client`).map(
    ({ key }) => key,
  );
  expect(new Set(keys).size).toBe(keys.length);
});

test('a name is plain text of 1 to 100 characters', async () => {
  const before = await names();
  const [quoted, plain] = [
    'create-client takes one name; quote one of several words.\n',
    'A name is plain text of at most 100 characters.\n',
  ];
  const refused = [[], [''], ['  '], ['two', 'words']].map((words) => [words, quoted] as const);
  const faulty = [['a\nb'], ['\u0007'], ['x'.repeat(101)]].map((words) => [words, plain] as const);
  for (const [words, err] of [...refused, ...faulty]) expect(await create(...words)).toEqual({ code: 1, out: '', err });
  expect(await names()).toEqual(before);
  for (const name of ["O'Reilly; drop table client --", '𝔞'.repeat(100)]) {
    expect(await create(name)).toMatchObject({ code: 0, err: '' });
    expect(await names()).toContain(name);
  }
});
