import { Database } from '#data/database';
import { Secret } from '#domain/secret';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

import type { KeyRing } from './key-ring.ts';
import { keyIdOf } from './named-seal.ts';
import { rotateKeys, type Rotation, RotationRefused } from './rotation.ts';
import { loadKeyRing } from './sealed-keys.ts';

jest.setTimeout(60_000);

const first = new Secret('first secret, long enough to be one');
const second = new Secret('second secret, long enough to be one');

let db: TestDatabase;
let before: KeyRing;
let after: KeyRing;
beforeEach(async () => {
  db = await freshDatabase();
  before = await loadKeyRing(db.sql, first, []);
  after = await loadKeyRing(db.sql, second, [first]);
});
afterEach(() => db.drop());

const rotate = (say: (line: string) => void = () => undefined): Promise<Rotation> =>
  rotateKeys(db.sql, { secret: second, previous: [first], lost: [], say });

async function addSubject(wrappedKey: Uint8Array): Promise<string> {
  const [row] = await db.owner<{ id: string }[]>`
    insert into audit_subject (wrapped_key) values (${wrappedKey}::bytea) returning id`;
  return row?.id ?? '';
}

const keyIds = async (): Promise<readonly string[]> => {
  const rows = await db.owner<{ key: Uint8Array }[]>`select wrapped_key as key from audit_subject`;
  return [...new Set(rows.map(({ key }) => keyIdOf(key)))];
};

test('of a subject the role of the service changes the key alone', async () => {
  const id = await addSubject(before.wrapNewSubjectKey());
  const renamed = db.sql`update audit_subject set id = gen_random_uuid() where id = ${id}::uuid`;
  await expect(renamed).rejects.toMatchObject({ sqlState: '42501' });
});

test('what the service writes meanwhile, with either secret, is found', async () => {
  for (let n = 0; n < 20; n++) await addSubject(before.wrapNewSubjectKey());
  let left = 200;
  const writer = async (): Promise<void> => {
    while (left-- > 0) await addSubject((left % 2 === 0 ? before : after).wrapNewSubjectKey());
  };
  const writing = Promise.all([writer(), writer(), writer()]);
  // It may give up on a writer that never rests; what it has done is kept.
  await rotate().catch((error: unknown) => expect(error).toBeInstanceOf(RotationRefused));
  await writing;
  await rotate();
  expect(await keyIds()).toEqual([after.currentKeyId]);
});

test('the key itself stays: details that were sealed before, between and after belong together', async () => {
  const wrapped = before.wrapNewSubjectKey();
  const subject = await addSubject(wrapped);
  const sealed = [before.sealAuditDetails(wrapped, { n: '1' }), after.sealAuditDetails(wrapped, { n: '2' })];
  expect(await rotate()).toEqual({ purposes: ['address'], subjects: 1, broken: 0, batches: { renewed: 0, broken: 0 } });
  const [row] = await db.owner<
    { key: Uint8Array }[]
  >`select wrapped_key as key from audit_subject where id = ${subject}::uuid`;
  const key = row?.key ?? Buffer.alloc(0);
  const alone = await loadKeyRing(db.sql, second, []);
  sealed.push(alone.sealAuditDetails(key, { n: '3' }));
  expect(sealed.map((details) => details && alone.openAuditDetails(key, details)?.n)).toEqual(['1', '2', '3']);
});

test('a subject that somebody works on is not waited for; it is done when it is free', async () => {
  const held = await addSubject(before.wrapNewSubjectKey());
  for (let n = 0; n < 5; n++) await addSubject(before.wrapNewSubjectKey());
  const other = Database.open({ url: db.superUrl, poolSize: 1, limits: { idleInTransactionMs: 0 } });
  let rotation: Promise<Rotation> | undefined;
  await other.transaction(async ({ sql }) => {
    await sql<{ id: string }[]>`select id from audit_subject where id = ${held}::uuid for update`;
    rotation = rotate();
    while (
      (
        await db.owner`select from audit_subject where substring(wrapped_key from 1 for 4) = decode(${after.currentKeyId}, 'hex')`
      ).length < 5
    );
  });
  await other.close();
  expect(await rotation).toMatchObject({ subjects: 6 });
  expect(await keyIds()).toEqual([after.currentKeyId]);
});

test('a subject that stays locked is told of, and the next run does it', async () => {
  const held = await addSubject(before.wrapNewSubjectKey());
  const other = Database.open({ url: db.superUrl, poolSize: 1, limits: { idleInTransactionMs: 0 } });
  await other.transaction(async ({ sql }) => {
    await sql<{ id: string }[]>`select id from audit_subject where id = ${held}::uuid for update`;
    await expect(rotate()).rejects.toThrow(RotationRefused);
  });
  await other.close();
  expect(await rotate()).toMatchObject({ subjects: 1 });
});

test('nobody who refers to a subject waits for its key', async () => {
  const subject = await addSubject(before.wrapNewSubjectKey());
  const other = Database.open({ url: db.superUrl, poolSize: 1, limits: { idleInTransactionMs: 0 } });
  await other.transaction(async ({ sql }) => {
    await sql<{ id: string }[]>`select id from audit_subject where id = ${subject}::uuid for key share`;
    expect(await rotate()).toMatchObject({ subjects: 1 });
  });
  await other.close();
});

test('a key that was changed at rest is left alone and counted', async () => {
  const wrapped = before.wrapNewSubjectKey();
  wrapped.writeUInt8(wrapped.readUInt8(20) ^ 1, 20);
  await addSubject(wrapped);
  await addSubject(before.wrapNewSubjectKey());
  expect(await rotate()).toEqual({ purposes: ['address'], subjects: 1, broken: 1, batches: { renewed: 0, broken: 0 } });
});

test('progress is told every few batches', async () => {
  const key = before.wrapNewSubjectKey();
  await db.owner`insert into audit_subject (wrapped_key) select ${key}::bytea from generate_series(1, 12000)`;
  const lines: string[] = [];
  await rotate((line) => lines.push(line));
  expect(lines).toEqual([5_000, 10_000].map((rows) => `keys of audit details sealed anew: ${rows}`));
});
