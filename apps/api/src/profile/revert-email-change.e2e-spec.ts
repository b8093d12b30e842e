import { TestClaimant } from '#testing/claimant';
import { changeAddress, changeCode, confirmChange, requestChange, revertChange } from '#testing/email-changes';
import { addressRow, events } from '#testing/rows';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { times } from '#testing/turns';
import { workOf } from '#testing/work-of';

const NEW = 'the owner’s own password';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
const elsewhere = (): string => `thief${++people}@example.net`;
async function active(): Promise<TestClaimant> {
  const ada = new TestClaimant(app, `robbed${++people}@example.com`);
  if ((await ada.becomeActive()).status !== 200) throw new Error('not active');
  return ada;
}
const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown } | undefined)?.code;
const ageTokens = ({ id }: TestSession, seconds: number) => app.db.owner`
  update account_token set expires_at = expires_at - make_interval(secs => ${seconds}::int)
   where account_id = (select account_id from session where id = ${id}::uuid)`;
const accountOf = async ({ email }: TestClaimant) => {
  const [row] = await app.db.owner<
    { hours: number | null; suspended: boolean; deviceVersion: number; revision: number; deleted: boolean }[]
  >`
    select extract(epoch from changes_frozen_until - clock_timestamp())::float8 / 3600 as hours, revision,
           suspended_at is not null as suspended, device_version as "deviceVersion",
           deletion_effective_at is not null as deleted
      from account where id = (select account_id from address where email = ${email})`;
  return row;
};

/** A thief who knows the password gives the account another address. */
async function robbed() {
  const ada = await active();
  const thief = await TestSession.of(app, ada);
  const { owner: there, token } = await changeAddress(app, thief, ada, elsewhere());
  return { ada, thief, there, token };
}

test('the address is back, the thief is out in every way, and the owner sets a password by the letter that comes', async () => {
  const { ada, thief, there, token } = await robbed();
  const late = await TestSession.of(app, there);
  const reset = await there.resetToken();
  const before = await accountOf(there);
  await app.db.owner`
    update account set deletion_effective_at = clock_timestamp() + interval '3 days', mfa_enabled = true
     where id = (select account_id from address where email = ${there.email})`;
  const waiting = await changeCode(app, late, elsewhere());
  const { status, text } = await revertChange(app, token);
  expect([status, text]).toEqual([204, '']);
  expect([await thief.isAlive(), await late.isAlive()]).toEqual([false, false]);
  expect([codeOf(await thief.refresh()), codeOf(await confirmChange(late, waiting))]).toEqual([
    'session-revoked',
    'session-revoked',
  ]);
  expect([(await ada.logIn()).status, (await there.logIn()).status]).toEqual([401, 401]);
  expect(await addressRow(app.db, there.email)).toBeUndefined();
  const after = await accountOf(ada);
  expect(after).toMatchObject({ deviceVersion: (before?.deviceVersion ?? 0) + 1, deleted: false });
  expect(after?.hours).toBeCloseTo(24, 1);
  expect(after?.revision).toBeGreaterThan(before?.revision ?? 0);
  expect(codeOf(await confirmReset(reset))).toBe('invalid-token');
  expect(await events(app.db)).toEqual(expect.arrayContaining(['email.reverted', 'account.deletion_cancelled']));
  expect((await ada.letter(3)).subject).toBe('Set a new password');
  expect((await confirmReset(await ada.linkToken(3))).status).toBe(204);
  const owner = new TestClaimant(app, ada.email, NEW);
  const session = await TestSession.of(app, owner);
  expect((await session.ask('/v1/me')).body).toMatchObject({ email: ada.email, mfa_enabled: true });
  expect(codeOf(await requestChange(session, elsewhere()))).toBe('changes-frozen');
});

const confirmReset = (token: string): Promise<Answer> =>
  app.ask('/v1/password-resets/confirm', { body: { token, new_password: NEW } });

test('it costs two statements and no hash, and an invalid token no more', async () => {
  const { token } = await robbed();
  expect(await workOf(app, () => revertChange(app, 'x'))).toMatchObject({ status: 400, statements: 0 });
  expect(await workOf(app, () => revertChange(app, token))).toMatchObject({ status: 204, statements: 2, hashes: 0 });
  expect(await workOf(app, () => revertChange(app, token))).toMatchObject({ status: 400, statements: 1 });
});

test('it works for seven days, and once', async () => {
  const [first, second] = [await robbed(), await robbed()];
  await ageTokens(first.thief, 7 * 86_400 - 10);
  await ageTokens(second.thief, 7 * 86_400);
  expect((await revertChange(app, first.token)).status).toBe(204);
  expect([codeOf(await revertChange(app, first.token)), codeOf(await revertChange(app, second.token))]).toEqual([
    'invalid-token',
    'invalid-token',
  ]);
});

describe('a thief who changed twice', () => {
  async function twice() {
    const { ada, thief, there: second, token } = await robbed();
    const { owner: third, token: theirs } = await changeAddress(app, thief, second, elsewhere());
    return { ada, second, third, token, theirs };
  }

  test('cannot use the letter to the second address after the owner of the first one took it back', async () => {
    const { ada, second, third, token, theirs } = await twice();
    expect((await revertChange(app, token)).status).toBe(204);
    expect(codeOf(await revertChange(app, theirs))).toBe('invalid-token');
    expect(await addressRow(app.db, ada.email)).toMatchObject({ state: 'ACTIVE' });
    for (const { email } of [second, third]) expect(await addressRow(app.db, email)).toBeUndefined();
  });

  test('and uses it first, does not keep the owner of the first one from theirs', async () => {
    const { ada, second, token, theirs } = await twice();
    expect((await revertChange(app, theirs)).status).toBe(204);
    expect(await addressRow(app.db, second.email)).toMatchObject({ state: 'ACTIVE' });
    expect((await revertChange(app, token)).status).toBe(204);
    expect(await addressRow(app.db, ada.email)).toMatchObject({ state: 'ACTIVE' });
    expect(await addressRow(app.db, second.email)).toBeUndefined();
  });
});

test('an address that has become somebody else’s account stays theirs, and the token waits for another day', async () => {
  const { ada, there, token } = await robbed();
  const stranger = new TestClaimant(app, ada.email, 'the password of a stranger');
  const before = (await ada.settledLetters()).length;
  await stranger.register();
  expect((await stranger.activate(await stranger.code(before + 1))).status).toBe(200);
  expect(codeOf(await revertChange(app, token))).toBe('invalid-token');
  expect([(await stranger.logIn()).status, (await there.logIn()).status]).toEqual([201, 201]);
});

test('a claim that pends on the former address dies', async () => {
  const { ada, token } = await robbed();
  const squatter = new TestClaimant(app, ada.email, 'the password of the squatter');
  const before = (await ada.settledLetters()).length;
  await squatter.register();
  const code = await squatter.code(before + 1);
  expect((await revertChange(app, token)).status).toBe(204);
  expect((await squatter.activate(code)).status).toBe(401);
  expect(await addressRow(app.db, ada.email)).toMatchObject({ state: 'ACTIVE', hasClaimPassword: false });
});

test('a user who changed back to it themselves is put out all the same: somebody says it was not them', async () => {
  const { ada, thief, there, token } = await robbed();
  await changeAddress(app, thief, there, ada.email);
  expect((await revertChange(app, token)).status).toBe(204);
  expect(await thief.isAlive()).toBe(false);
  expect(await addressRow(app.db, ada.email)).toMatchObject({ state: 'ACTIVE' });
});

test('a suspension stays', async () => {
  const { ada, there, token } = await robbed();
  await app.db.owner`
    update account set suspended_at = clock_timestamp()
     where id = (select account_id from address where email = ${there.email})`;
  expect((await revertChange(app, token)).status).toBe(204);
  expect(await accountOf(ada)).toMatchObject({ suspended: true });
});

test('a token of another purpose, of somebody else, another text or none is none', async () => {
  const [ada, bob] = [await robbed(), await robbed()];
  const reset = await ada.there.resetToken();
  const mixed = `${ada.token.split('.')[0]}.${bob.token.split('.')[1]}`;
  for (const text of [reset, mixed, ` ${ada.token}`, `${ada.token.slice(0, -3)}AAA`, '', 'x'])
    expect([text, codeOf(await revertChange(app, text))]).toEqual([text, 'invalid-token']);
  for (const path of ['/v1/security/not-me', '/v1/email-change/revert'])
    expect((await app.ask(path, { body: { token: 7 } })).status).toBe(422);
  expect(codeOf(await app.ask('/v1/security/not-me', { body: { token: ada.token } }))).toBe('invalid-token');
  expect(codeOf(await confirmReset(ada.token))).toBe('invalid-token');
  expect((await revertChange(app, ada.token)).status).toBe(204);
});

test('of fifty at once one is taken', async () => {
  const { ada, token } = await robbed();
  const statuses = (await times(50, () => revertChange(app, token))).map(({ status }) => status);
  expect(statuses.filter((status) => status === 204)).toHaveLength(1);
  expect(new Set(statuses.filter((status) => status !== 503))).toEqual(new Set([204, 400]));
  expect((await ada.settledLetters()).map(({ subject }) => subject)).toEqual([
    expect.stringContaining('code'),
    'Your account has another e-mail address',
    'Set a new password',
  ]);
});
