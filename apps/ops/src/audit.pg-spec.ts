import { Database } from '#data/database';
import { Secret } from '#domain/secret';
import { loadKeyRing } from '#platform/keys/sealed-keys';
import { AuditTrail } from '#testing/audit-trail';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { type Ended, runOps } from '#testing/run-ops';

jest.setTimeout(120_000);

const SECRET = 'a secret that is long enough to be one';
const NEXT = 'the next secret that is long enough to be one';
const YEAR = 366 * 24 * 3_600;

let db: TestDatabase;
let trail: AuditTrail;
beforeEach(async () => {
  db = await freshDatabase();
  trail = AuditTrail.of(db);
  trail.keys = await loadKeyRing(db.sql, new Secret(SECRET), []);
});
afterEach(async () => {
  await trail.close();
  await db.drop();
});

const run = (words: readonly string[], secret = SECRET, previous = ''): Promise<Ended> =>
  runOps(words, { DATABASE_URL: db.appUrl, TROTH_SECRET: secret, TROTH_SECRETS_PREVIOUS: previous });

test('seals all that there is, drops what is past its time, and verifies', async () => {
  await trail.write(2, YEAR);
  await trail.write(3);
  const sealed = await run(['seal-audit']);
  expect([sealed.code, sealed.err]).toEqual([0, '']);
  const [, first = '', last = ''] =
    /^head: (2:[0-9a-f]{64})\nhead: (5:[0-9a-f]{64})\nsealed: 2 batches, 5 events\ndropped: 1 batches, 2 events\n$/.exec(
      sealed.out,
    ) ?? [];
  await trail.write(1);
  const verified = await run(['verify-audit', `--head=${last}`]);
  expect([verified.code, verified.err]).toEqual([0, '']);
  expect(verified.out.replace(/, sealed at \S+/, '')).toBe(
    `verified: 1 batches, 3 events\nhead: ${last}\ndropped by retention: 1 batches, 2 events\nnot sealed yet: 1 events\n`,
  );
  const older = await run(['verify-audit', `--head=1:${first.slice(2)}`]);
  expect(older).toMatchObject({ code: 0, out: expect.stringContaining('The head 1 cannot be compared') });
});

test('a chain that is broken, or does not go through the head, ends with status 1', async () => {
  await trail.write(2);
  await trail.seal();
  const strange = await run(['verify-audit', `--head=2:${'f'.repeat(64)}`]);
  expect([strange.code, strange.err]).toEqual([
    1,
    'The audit chain is broken at batch 1: head_missing. See docs/audit.md.\n',
  ]);
  await trail.tamper('delete from audit_event where id = (select min(first_id::text)::uuid from audit_batch)');
  const broken = await run(['verify-audit']);
  expect([broken.code, broken.err]).toEqual([
    1,
    'The audit chain is broken at batch 1: events_missing. See docs/audit.md.\n',
  ]);
  expect(broken.out).toBe('verified: 0 batches, 0 events\n');
});

test.each(['--head=2', '--head=x:y', 'all', `--head=1:${'f'.repeat(64)} more`])('%s is no head', async (words) => {
  const { code, err } = await run(['verify-audit', ...words.split(' ')]);
  expect([code, err]).toEqual([
    1,
    'verify-audit takes --head=<count>:<hash>, as the log tells it, and nothing else.\n',
  ]);
});

test('while another process works on the chain, sealing says so', async () => {
  await trail.write(1);
  const other = Database.open({ url: db.superUrl, poolSize: 1, limits: { idleInTransactionMs: 0 } });
  await other.transaction(async ({ sql }) => {
    await sql`select pg_advisory_xact_lock(hashtextextended('troth audit chain', 0))::text as held`;
    expect(await run(['seal-audit'])).toEqual({
      code: 1,
      out: '',
      err: 'Another process works on the audit chain; try again in a moment.\n',
    });
  });
  await other.close();
});

test('a rotation of the secret signs batches and checkpoint anew, and refuses while the former secret is missing', async () => {
  await trail.write(1, YEAR);
  await trail.write(2);
  await run(['seal-audit']);
  const id = trail.keys.currentKeyId;
  const refused = await run(['rotate-keys'], NEXT);
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining(`2 batches of audit events (key id ${id})`)]);
  expect((await run(['verify-audit'], NEXT, SECRET)).code).toBe(0);
  const rotated = await run(['rotate-keys'], NEXT, SECRET);
  expect([rotated.code, rotated.err]).toEqual([0, '']);
  expect(rotated.out).toContain('signed anew: 1 batches of audit events\n');
  expect(await run(['verify-audit'], NEXT)).toMatchObject({ code: 0, err: '' });
  expect((await run(['rotate-keys'], NEXT)).out).toBe('Every key is sealed with TROTH_SECRET already.\n');
});
