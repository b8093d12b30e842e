import { TestClaimant } from '#testing/claimant';
import { events } from '#testing/rows';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { ageLinks, ageQuotas, ageSession } from '#testing/time-travel';
import { times } from '#testing/turns';
import { workOf } from '#testing/work-of';

const THIEVES = 'the password of the thief';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
async function active(): Promise<TestClaimant> {
  const ada = new TestClaimant(app, `owner${++people}@example.com`);
  if ((await ada.becomeActive()).status !== 200) throw new Error('not active');
  return ada;
}

/** Somebody who knows the password changes it; resolves to the token in the notice, and to the session they keep. */
async function robbed(ada: TestClaimant) {
  const thief = await TestSession.of(app, ada);
  const before = (await ada.settledLetters()).length;
  await thief.ask('/v1/me/password', { method: 'PUT', body: { new_password: THIEVES } });
  return { thief, token: await ada.linkToken(before + 1) };
}

const notMe = (token: unknown): Promise<Answer> => app.ask('/v1/security/not-me', { body: { token } });
const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown } | undefined)?.code;
const confirm = (token: string, new_password: string): Promise<Answer> =>
  app.ask('/v1/password-resets/confirm', { body: { token, new_password } });
const accountOf = async ({ email }: TestClaimant) => {
  const [row] = await app.db.owner<{ hours: number | null; suspended: boolean; deviceVersion: number }[]>`
    select extract(epoch from changes_frozen_until - clock_timestamp())::float8 / 3600 as hours,
           suspended_at is not null as suspended, device_version as "deviceVersion"
      from account where id = (select account_id from address where email = ${email})`;
  return row;
};

test('all sessions end, device tokens are void, changes are frozen for a day, and a reset is mailed that works', async () => {
  const ada = await active();
  const { thief, token } = await robbed(ada);
  const before = await accountOf(ada);
  const { status, text } = await notMe(token);
  expect([status, text]).toEqual([204, '']);
  expect(await thief.isAlive()).toBe(false);
  expect(codeOf(await thief.refresh())).toBe('session-revoked');
  const after = await accountOf(ada);
  expect(after?.hours).toBeCloseTo(24, 1);
  expect(after?.deviceVersion).toBe((before?.deviceVersion ?? 0) + 1);
  expect(await events(app.db)).toContain('security.not_me');
  expect((await ada.letter(3)).subject).toBe('Set a new password');
  expect((await confirm(await ada.linkToken(3), 'the owner’s own password')).status).toBe(204);
  expect((await new TestClaimant(app, ada.email, THIEVES).logIn()).status).toBe(401);
  expect((await new TestClaimant(app, ada.email, 'the owner’s own password').logIn()).status).toBe(201);
});

test('the password that was set is no password any more, so whoever set it is out until the reset', async () => {
  const ada = await active();
  const { thief, token } = await robbed(ada);
  expect((await notMe(token)).status).toBe(204);
  for (const password of [THIEVES, ada.password]) expect((await ada.logIn({ password })).status).toBe(401);
  const answer = await thief.ask('/v1/me/password', { method: 'PUT', body: { new_password: THIEVES } });
  expect(codeOf(answer)).toBe('session-revoked');
  expect((await confirm(await ada.linkToken(3), 'the owner’s own password')).status).toBe(204);
});

test('after it the next change is told again, with a link that works, however soon it comes', async () => {
  const ada = await active();
  const { token } = await robbed(ada);
  expect((await notMe(token)).status).toBe(204);
  expect((await confirm(await ada.linkToken(3), THIEVES)).status).toBe(204);
  expect((await ada.letter(4)).subject).toBe((await ada.letter(2)).subject);
  expect((await notMe(await ada.linkToken(4))).status).toBe(204);
});

test('the notice of a session whose token was used twice has such a link too', async () => {
  const ada = await active();
  const session = await TestSession.of(app, ada);
  const stolen = session.tokens.refresh_token;
  await ageSession(app.db, session.id, 11);
  await session.renew();
  await session.isAlive();
  await ageSession(app.db, session.id, 11);
  expect(codeOf(await session.refresh(stolen))).toBe('session-revoked');
  expect((await ada.letter(2)).subject).toBe('We ended one of your sessions');
  expect((await notMe(await ada.linkToken(2))).status).toBe(204);
});

test('the reset that it mails counts against no quota, and takes the place of the thief’s', async () => {
  const ada = await active();
  for (let n = 0; n < 5; n++) await ada.resetToken();
  const { token } = await robbed(ada);
  const before = (await ada.settledLetters()).length;
  expect((await notMe(token)).status).toBe(204);
  expect((await confirm(await ada.linkToken(before + 1), 'the owner’s own password')).status).toBe(204);
});

test('a suspension stays', async () => {
  const ada = await active();
  const { token } = await robbed(ada);
  await app.db.owner`
    update account set suspended_at = clock_timestamp()
     where id = (select account_id from address where email = ${ada.email})`;
  expect((await notMe(token)).status).toBe(204);
  expect((await accountOf(ada))?.suspended).toBe(true);
});

test('it costs two statements and no hash, and an invalid one no more', async () => {
  const { token } = await robbed(await active());
  expect(await workOf(app, () => notMe('x'))).toMatchObject({ status: 400, statements: 0, hashes: 0 });
  expect(await workOf(app, () => notMe(token))).toMatchObject({ status: 204, statements: 2, hashes: 0 });
  expect(await workOf(app, () => notMe(token))).toMatchObject({ status: 400, statements: 1, hashes: 0 });
});

test('it works for 7 days, and once', async () => {
  const [ada, bob] = [await active(), await active()];
  const [timely, late] = [(await robbed(ada)).token, (await robbed(bob)).token];
  await ageLinks(app.db, ada.email, 7 * 86_400 - 10);
  await ageLinks(app.db, bob.email, 7 * 86_400);
  expect([(await notMe(timely)).status, codeOf(await notMe(timely)), codeOf(await notMe(late))]).toEqual([
    204,
    'invalid-token',
    'invalid-token',
  ]);
});

test('the link of each notice works, also of an older one', async () => {
  const ada = await active();
  const { thief, token } = await robbed(ada);
  await ageQuotas(app.db, 3_601);
  await thief.ask('/v1/me/password', { method: 'PUT', body: { new_password: THIEVES } });
  expect((await notMe(await ada.linkToken(3))).status).toBe(204);
  expect((await notMe(token)).status).toBe(204);
});

test('a token of a reset, of somebody else, another text or none is none', async () => {
  const [ada, bob] = [await active(), await active()];
  const [{ token }, { token: foreign }] = [await robbed(ada), await robbed(bob)];
  const tried = [await ada.resetToken(), `${token.split('.')[0]}.${foreign.split('.')[1]}`, ` ${token}`, '', 'x'];
  for (const text of tried) expect([text, codeOf(await notMe(text))]).toEqual([text, 'invalid-token']);
  for (const fields of [{}, { token: 7 }, { token: null }, { token, email: ada.email }])
    expect((await app.ask('/v1/security/not-me', { body: fields })).status).toBe(422);
  expect((await notMe(token)).status).toBe(204);
});

test('of fifty at once one is taken', async () => {
  const { token } = await robbed(await active());
  const statuses = (await times(50, () => notMe(token))).map(({ status }) => status);
  expect(statuses.filter((status) => status === 204)).toHaveLength(1);
  expect(statuses.filter((status) => status === 400)).toHaveLength(49);
});
