import { KeyRing } from '#platform/keys/key-ring';
import { TestClaimant } from '#testing/claimant';
import { eventually } from '#testing/eventually';
import { events } from '#testing/rows';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { ageLinks } from '#testing/time-travel';
import { times } from '#testing/turns';
import { workOf } from '#testing/work-of';

const NEW = 'a new horse for the battery';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
async function active(): Promise<TestClaimant> {
  const ada = new TestClaimant(app, `reset${++people}@example.com`);
  if ((await ada.becomeActive()).status !== 200) throw new Error('not active');
  return ada;
}

const confirm = (token: unknown, new_password: unknown = NEW): Promise<Answer> =>
  app.ask('/v1/password-resets/confirm', { body: { token, new_password } });
const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown } | undefined)?.code;
const withNew = ({ email }: TestClaimant): TestClaimant => new TestClaimant(app, email, NEW);

test('the link sets the new password, ends all sessions, voids device tokens, and logs nobody in', async () => {
  const ada = await active();
  const sessions = [await TestSession.of(app, ada), await TestSession.of(app, ada)];
  const [deviceToken = ''] = sessions.map(({ tokens }) => tokens.device_token);
  const token = await ada.resetToken();
  const { status, text, headers } = await confirm(token);
  expect([status, text, headers.get('set-cookie')]).toEqual([204, '', null]);
  expect(await Promise.all(sessions.map((session) => session.isAlive()))).toEqual([false, false]);
  for (const session of sessions) expect(codeOf(await session.refresh())).toBe('session-revoked');
  expect([(await ada.logIn()).status, (await withNew(ada).logIn()).status]).toEqual([401, 201]);
  for (let n = 0; n < 5; n++) await ada.logIn();
  expect((await withNew(ada).logIn({ device_token: deviceToken })).status).toBe(429);
  expect(await events(app.db)).toContain('password.reset');
});

test('whoever guessed until they had to wait may log in with the new password at once', async () => {
  const ada = await active();
  for (let n = 0; n < 5; n++) await new TestClaimant(app, ada.email, `the ${n}th horse`).logIn();
  expect((await ada.logIn()).status).toBe(429);
  await confirm(await ada.resetToken());
  expect((await withNew(ada).logIn()).status).toBe(201);
});

test('the owner is told by a letter with a link for whom it was not', async () => {
  const ada = await active();
  await confirm(await ada.resetToken());
  const { subject, text } = await ada.letter(3);
  expect(subject).toBe('Your password was changed');
  expect(text).toMatch(/^http\S+\/letters\/not-me\?token=[\w.-]{71}$/m);
});

test('a suspended account stays suspended', async () => {
  const ada = await active();
  await app.db.owner`
    update account set suspended_at = clock_timestamp()
     where id = (select account_id from address where email = ${ada.email})`;
  expect((await confirm(await ada.resetToken())).status).toBe(204);
  expect(codeOf(await withNew(ada).logIn())).toBe('account-suspended');
});

test('a token costs two statements and one hash, a bad one no hash', async () => {
  const ada = await active();
  const token = await ada.resetToken();
  const forged = `${token.slice(0, -3)}AAA`;
  expect(await workOf(app, () => confirm(forged))).toMatchObject({ status: 400, statements: 1, hashes: 0 });
  expect(await workOf(app, () => confirm('x'))).toMatchObject({ status: 400, statements: 0, hashes: 0 });
  expect(await workOf(app, () => confirm(token, 'short'))).toMatchObject({ status: 422, statements: 1, hashes: 0 });
  expect(await workOf(app, () => confirm(token))).toMatchObject({ status: 204, statements: 2, hashes: 1 });
  expect(await workOf(app, () => confirm(token))).toMatchObject({ status: 400, statements: 1, hashes: 0 });
});

describe('400 invalid-token', () => {
  /** What is refused leaves the password as it was. */
  async function refused(ada: TestClaimant, token: string): Promise<void> {
    expect(await confirm(token)).toMatchObject({ status: 400, body: { code: 'invalid-token' } });
    expect((await ada.logIn()).status).toBe(201);
  }

  test('for a token that was used', async () => {
    const ada = await active();
    const token = await ada.resetToken();
    await confirm(token);
    await refused(withNew(ada), token);
  });

  test('for one that a newer letter follows, which is good', async () => {
    const ada = await active();
    const [older, newer] = [await ada.resetToken(), await ada.resetToken()];
    await refused(ada, older);
    expect((await confirm(newer)).status).toBe(204);
  });

  test('for one that is 30 minutes old, not for one that is a little younger', async () => {
    const [ada, bob] = [await active(), await active()];
    const [late, timely] = [await ada.resetToken(), await bob.resetToken()];
    await ageLinks(app.db, ada.email, 1_800);
    await ageLinks(app.db, bob.email, 1_790);
    await refused(ada, late);
    expect((await confirm(timely)).status).toBe(204);
  });

  test('for one of a password that was changed in a session meanwhile', async () => {
    const ada = await active();
    const token = await ada.resetToken();
    const session = await TestSession.of(app, ada);
    await session.ask('/v1/me/password', { method: 'PUT', body: { new_password: NEW } });
    await refused(withNew(ada), token);
  });

  test('for the token of a notice', async () => {
    const ada = await active();
    await confirm(await ada.resetToken());
    await refused(withNew(ada), await ada.linkToken(3));
  });

  test('for the row of one account with the MAC of another, and for MACs of other purposes', async () => {
    const [ada, bob] = [await active(), await active()];
    const [own, foreign] = [await ada.resetToken(), await bob.resetToken()];
    const [row, mac] = [own.split('.')[0], foreign.split('.')[1]];
    await refused(ada, `${row}.${mac}`);
    const [token] = await app.db.owner<{ id: string; accountId: string }[]>`
      select id, account_id as "accountId" from account_token
       where account_id = (select account_id from address where email = ${ada.email})`;
    const keys = app.get(KeyRing);
    await refused(ada, keys.accountToken('not_me', token?.id ?? '', token?.accountId ?? ''));
    await refused(ada, keys.accountToken('password_reset', token?.accountId ?? '', token?.accountId ?? ''));
    expect(keys.accountToken('password_reset', token?.id ?? '', token?.accountId ?? '')).toBe(own);
  });

  test('for every other text', async () => {
    const ada = await active();
    const token = await ada.resetToken();
    const [head = '', mac = ''] = token.split('.');
    const swapped = [...token].map((letter) => (/[a-z]/.test(letter) ? letter.toUpperCase() : letter.toLowerCase()));
    const others = [
      '',
      'x',
      '.',
      head,
      mac,
      `${mac}.${head}`,
      ` ${token}`,
      `${token}\n`,
      `${token}=`,
      `${head}=.${mac}=`,
      `${token}.`,
      token.replace('.', '%2E'),
      token.replace('.', ''),
      swapped.join(''),
      Buffer.from(token).toString('base64'),
      await ada.ownerToken(),
      (await TestSession.of(app, ada)).tokens.refresh_token.slice(0, 500),
    ];
    for (const text of others) expect([text, codeOf(await confirm(text))]).toEqual([text, 'invalid-token']);
    expect((await confirm(token)).status).toBe(204);
  });
});

describe('422', () => {
  test('for a password that breaks a rule, and the token is as good as before', async () => {
    const ada = await active();
    const token = await ada.resetToken();
    const faults = {
      short: 'too-short',
      password1: 'common',
      [ada.email.toUpperCase()]: 'is-the-address',
      'line\nbreak': 'ill-formed',
      ['x'.repeat(257)]: 'too-long',
    };
    for (const [password, code] of Object.entries(faults))
      expect(await confirm(token, password)).toMatchObject({
        status: 422,
        body: { errors: [{ pointer: '/new_password', code }] },
      });
    expect((await confirm(token)).status).toBe(204);
  });

  test.each([
    [{ token: 7 }, '/token'],
    [{ token: 'x'.repeat(513) }, '/token'],
    [{ token: 'x\0' }, '/token'],
    [{ new_password: null }, '/new_password'],
    [{ new_password: '\ud800 correct horse' }, '/new_password'],
    [{ email: 'ada@example.com' }, '/email'],
  ])('for %j', async (fields, pointer) => {
    const body = { token: 'x', new_password: NEW, ...fields };
    expect(await app.ask('/v1/password-resets/confirm', { body })).toMatchObject({
      status: 422,
      body: { errors: [{ pointer }] },
    });
  });
});

test('of fifty confirmations at once one sets the password', async () => {
  const ada = await active();
  const token = await ada.resetToken();
  const passwords = Array.from({ length: 50 }, (_, n) => `the ${n}th horse of the battery`);
  const statuses = await times(50, (n) =>
    // A busy machine sheds hashes: who is told to come back does.
    eventually(async () => {
      const { status } = await confirm(token, passwords[n]);
      return status === 503 ? undefined : status;
    }, 30),
  );
  expect(statuses.filter((status) => status === 204)).toHaveLength(1);
  expect(statuses.filter((status) => status === 400)).toHaveLength(49);
  const winner = passwords[statuses.indexOf(204)] ?? '';
  expect((await new TestClaimant(app, ada.email, winner).logIn()).status).toBe(201);
  expect((await ada.settledLetters()).map(({ subject }) => subject)).toEqual([
    expect.stringContaining('code'),
    'Set a new password',
    'Your password was changed',
  ]);
});
