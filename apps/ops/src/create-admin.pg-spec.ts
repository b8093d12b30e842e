import { loadKeyRing } from '#platform/keys/sealed-keys';
import { Secret } from '#domain/secret';
import { TestClaimant } from '#testing/claimant';
import { type Ended, runOps } from '#testing/run-ops';
import { events, leftovers, settledLeftovers } from '#testing/rows';
import { TestSession } from '#testing/sessions';
import { startTestApp, TEST_SECRET, type TestApp } from '#testing/test-app';
import { times } from '#testing/turns';

jest.setTimeout(60_000);

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

const create = (...words: string[]): Promise<Ended> =>
  runOps(['create-admin', ...words], { DATABASE_URL: app.db.appUrl, TROTH_SECRET: TEST_SECRET });
const isAdmin = async (session: TestSession): Promise<boolean> => (await session.ask('/v1/admin/users')).status === 200;

let people = 0;
const someone = (): TestClaimant => new TestClaimant(app, `admin${++people}@example.com`);
interface Trace {
  readonly event: string;
  readonly actor: string | null;
  readonly request: string | null;
  readonly details: unknown;
}
/** What was written of the role of an address, with the details opened. */
async function changeOf({ email }: TestClaimant): Promise<Trace | undefined> {
  const keys = await loadKeyRing(app.db.sql, new Secret(TEST_SECRET), []);
  const [row] = await app.db.owner<
    { event: string; actor: string | null; request: string | null; sealed: Uint8Array; key: Uint8Array }[]
  >`
    select event, actor_id as actor, request_id as request, sealed_details as sealed, wrapped_key as key
      from address
      join audit_event on audit_event.subject_id = address.subject_id
      join audit_subject on audit_subject.id = address.subject_id
     where email = ${email} and event = 'admin.user_changed'`;
  return (
    row && { ...row, details: keys.openAuditDetails(row.key, row.sealed), ...{ sealed: undefined, key: undefined } }
  );
}

test('an account that is there gets the role, is told, and uses it at once', async () => {
  const ada = someone();
  await ada.becomeActive();
  const session = await TestSession.of(app, ada);
  expect(await isAdmin(session)).toBe(false);
  const written = await create(ada.email.toUpperCase());
  expect(written).toEqual({ code: 0, out: `${ada.email} is an administrator now.\n`, err: '' });
  expect(await isAdmin(session)).toBe(true);
  expect(await changeOf(ada)).toMatchObject({
    event: 'admin.user_changed',
    actor: null,
    request: null,
    details: { source: 'ops create-admin', fields: 'roles' },
  });
  const { data } = (await session.ask('/v1/me/activity')).body as { data: readonly object[] };
  expect(data).toContainEqual(expect.objectContaining({ event: 'admin.user_changed', by: 'system' }));
});

test('once more, it changes nothing and says so', async () => {
  const ada = someone();
  await ada.becomeActive();
  await create(ada.email);
  const before = await events(app.db);
  expect(await create(ada.email)).toEqual({
    code: 0,
    out: `${ada.email} is an administrator already; nothing was changed.\n`,
    err: '',
  });
  expect(await events(app.db)).toEqual(before);
});

test('without an account one is made, whose password is set by the link of a letter alone', async () => {
  const ada = someone();
  const { code, out, err } = await create(ada.email);
  expect([code, err]).toEqual([0, '']);
  expect(out).toMatch(/^made an account for admin\d+@example\.com, which is an administrator\nA letter with a link /);
  expect((await ada.logIn()).status).toBe(401);
  const confirmed = await app.ask('/v1/password-resets/confirm', {
    body: { token: await ada.linkToken(1), new_password: ada.password },
  });
  expect(confirmed.status).toBe(204);
  expect(await isAdmin(await TestSession.of(app, ada))).toBe(true);
  expect((await create(ada.email)).out).toContain('already');
  expect((await ada.letters()).map(({ subject }) => subject)).toEqual([
    expect.stringContaining('password'),
    'Your password was changed',
  ]);
});

test('a claim by somebody else ends by it, and its code is worth nothing', async () => {
  const squatter = someone();
  await squatter.register();
  const code = await squatter.code();
  expect((await create(squatter.email)).out).toContain('made an account');
  expect((await squatter.activate(code)).status).toBe(401);
  expect((await squatter.logIn()).status).toBe(401);
  const { claimPasswords } = await leftovers(app.db);
  expect(claimPasswords).toBe(0);
  expect(await events(app.db)).toContain('registration.superseded');
});

test('at once for one address, it makes one account', async () => {
  const ada = someone();
  const before = await leftovers(app.db);
  const ended = await times(4, () => create(ada.email));
  expect(ended.map(({ code, err }) => [code, err])).toEqual(Array(4).fill([0, '']));
  expect(ended.filter(({ out }) => out.startsWith('made'))).toHaveLength(1);
  const after = await leftovers(app.db);
  expect([after.accounts, after.subjects]).toEqual([(before.accounts ?? 0) + 1, (before.subjects ?? 0) + 1]);
});

test('an account that is suspended stays what it is', async () => {
  const ada = someone();
  await ada.becomeActive();
  await app.db.owner`
    update account set suspended_at = clock_timestamp()
     where id = (select account_id from address where email = ${ada.email})`;
  expect(await create(ada.email)).toEqual({
    code: 1,
    out: '',
    err: `The account of ${ada.email} is suspended: another administrator has to reinstate it.\n`,
  });
});

test('it takes one address', async () => {
  const before = await settledLeftovers(app.db);
  for (const words of [[], [''], ['ada'], ['a@example.com', 'b@example.com'], ['ada@exa\u212aple.com'], ['--email=x']])
    expect(await create(...words)).toEqual({ code: 1, out: '', err: 'create-admin takes one e-mail address.\n' });
  expect(await leftovers(app.db)).toEqual(before);
});

test('with another secret it touches nothing, and names the key', async () => {
  const before = await settledLeftovers(app.db);
  const settings = { DATABASE_URL: app.db.appUrl, TROTH_SECRET: 'another secret that is long enough for this' };
  const { code, out, err } = await runOps(['create-admin', 'other@example.com'], settings);
  expect([code, out]).toEqual([1, '']);
  expect(err).toMatch(/was sealed with another secret \(key id [0-9a-f]{8}\)/);
  expect(await leftovers(app.db)).toEqual(before);
});
