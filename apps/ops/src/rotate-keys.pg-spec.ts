import { Secret } from '#domain/secret';
import { KeyRing } from '#platform/keys/key-ring';
import { keyIdOf } from '#platform/keys/named-seal';
import { loadKeyRing } from '#platform/keys/sealed-keys';
import { eventually } from '#testing/eventually';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { type Ended, runOps, startOps } from '#testing/run-ops';

jest.setTimeout(120_000);

const FIRST = 'first secret that is long enough to be one';
const SECOND = 'second secret that is long enough to be one';
const DETAILS = { email: 'ada@example.com' };

let db: TestDatabase;
let before: KeyRing;
beforeEach(async () => {
  db = await freshDatabase();
  before = await loadKeyRing(db.sql, new Secret(FIRST), []);
});
afterEach(() => db.drop());

const settings = (secret: string, previous = '') => ({
  DATABASE_URL: db.appUrl,
  TROTH_SECRET: secret,
  TROTH_SECRETS_PREVIOUS: previous,
});
const rotate = (secret: string, previous?: string, ...words: string[]): Promise<Ended> =>
  runOps(['rotate-keys', ...words], settings(secret, previous));

/** So many subjects that share a key, and an event of each with sealed details. */
async function addSubjects(ring: KeyRing, count: number): Promise<void> {
  const wrappedKey = ring.wrapNewSubjectKey();
  const details = ring.sealAuditDetails(wrappedKey, DETAILS) ?? null;
  await db.owner`
    with subject as (insert into audit_subject (wrapped_key) select ${wrappedKey}::bytea from generate_series(1, ${count}::int)
                     returning id)
    insert into audit_event (event, subject_id, sealed_details)
    select 'registration.claimed', id, ${details}::bytea from subject`;
}

/** How many events a process with this secret alone can read. */
async function readableWith(secret: string): Promise<number> {
  const ring = await loadKeyRing(db.sql, new Secret(secret), []);
  const rows = await db.owner<{ key: Uint8Array; details: Uint8Array }[]>`
    select wrapped_key as key, sealed_details as details from audit_event join audit_subject on audit_subject.id = subject_id`;
  return rows.filter(({ key, details }) => ring.openAuditDetails(key, details)?.email === DETAILS.email).length;
}

/** The content of all that holds keys. */
const keysAtRest = async (): Promise<unknown> => [
  await db.owner`select purpose, key_id, sealed from sealed_key order by purpose`,
  await db.owner`select id, wrapped_key from audit_subject order by id`,
];

test('after it the new secret alone reads everything, and running it again changes nothing', async () => {
  await addSubjects(before, 1_203);
  const first = await rotate(SECOND, `another former one, ${FIRST}`);
  expect([first.code, first.err]).toEqual([0, '']);
  expect(first.out).toContain('sealed anew: the key for "address"\nsealed anew: 1203 keys of audit details\n');
  expect(first.out).toMatch(/may leave TROTH_SECRETS_PREVIOUS once .* 14 days/s);
  expect(await readableWith(SECOND)).toBe(1_203);
  const seen = await keysAtRest();
  const second = await rotate(SECOND, FIRST);
  expect([second.code, second.err]).toEqual([0, '']);
  expect(second.out).toContain('Every key is sealed with TROTH_SECRET already.');
  expect(await keysAtRest()).toEqual(seen);
  expect(await rotate(SECOND)).toEqual({ code: 0, out: 'Every key is sealed with TROTH_SECRET already.\n', err: '' });
});

test('without the former secret it refuses, and nothing is changed', async () => {
  await addSubjects(before, 3);
  const seen = await keysAtRest();
  const { code, out, err } = await rotate(SECOND);
  expect([code, out]).toEqual([1, '']);
  expect(err).toContain(`the key for "address" (key id ${before.currentKeyId})`);
  expect(err).toContain(`3 keys of audit details (key id ${before.currentKeyId})`);
  expect(err).toContain('TROTH_SECRETS_PREVIOUS. Nothing was changed.');
  expect(err).not.toContain('    at ');
  expect(await keysAtRest()).toEqual(seen);
});

test('when one of several former secrets is missing nothing is changed, unless it is named as lost', async () => {
  const third = new KeyRing(new Secret('third secret, which was lost'), [], Buffer.alloc(32));
  await addSubjects(before, 2);
  await addSubjects(third, 4);
  const seen = await keysAtRest();
  const { code, err } = await rotate(SECOND, FIRST);
  expect(code).toBe(1);
  expect(err).toContain(`: 4 keys of audit details (key id ${third.currentKeyId}). Add it`);
  expect(err).toContain(`--lost=${third.currentKeyId}`);
  expect(await keysAtRest()).toEqual(seen);
  expect(await rotate(SECOND, FIRST, `--lost=${third.currentKeyId}`)).toMatchObject({ code: 0, err: '' });
  expect(await readableWith(SECOND)).toBe(2);
});

test('killed in the middle, it leaves whole keys; run again, it finishes', async () => {
  await addSubjects(before, 40_000);
  const { child, out, ended } = startOps(['rotate-keys'], settings(SECOND, FIRST));
  await eventually(() => {
    if (child.exitCode !== null) throw new Error(out());
    return Promise.resolve(out().includes('sealed anew: 5000\n') ? true : undefined);
  }, 60);
  child.kill('SIGKILL');
  expect((await ended).code).toBeNull();
  const rows = await db.owner<{ key: Uint8Array }[]>`select wrapped_key as key from audit_subject`;
  const left = rows.filter(({ key }) => keyIdOf(key) === before.currentKeyId).length;
  expect(left).toBeGreaterThan(0);
  expect(left).toBeLessThanOrEqual(35_000);
  const second = await rotate(SECOND, FIRST);
  expect([second.code, second.err]).toEqual([0, '']);
  expect(second.out).toContain(`sealed anew: ${left} keys of audit details\n`);
  expect(await readableWith(SECOND)).toBe(40_000);
});

test('two at once share the work', async () => {
  await addSubjects(before, 5_000);
  const runs = await Promise.all([rotate(SECOND, FIRST), rotate(SECOND, FIRST)]);
  expect(runs.map(({ code, err }) => [code, err])).toEqual([
    [0, ''],
    [0, ''],
  ]);
  expect(await readableWith(SECOND)).toBe(5_000);
});
