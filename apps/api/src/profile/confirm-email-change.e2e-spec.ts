import { TestClaimant, wrong } from '#testing/claimant';
import { changeAddress, changeCode, confirmChange, requestChange } from '#testing/email-changes';
import { addressRow, events } from '#testing/rows';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { inTurn, times } from '#testing/turns';
import { workOf } from '#testing/work-of';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
const elsewhere = (): string => `there${++people}@example.net`;
async function active(): Promise<TestClaimant> {
  const ada = new TestClaimant(app, `moves${++people}@example.com`);
  if ((await ada.becomeActive()).status !== 200) throw new Error('not active');
  return ada;
}
const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown } | undefined)?.code;
const refused = (answer: Answer) =>
  expect([answer.status, codeOf(answer), answer.headers.get('www-authenticate')]).toEqual([
    401,
    'challenge-failed',
    'Bearer realm="troth"',
  ]);
const emailOf = async (session: TestSession) => ((await session.ask('/v1/me')).body as { email: string }).email;
const tagOf = async (session: TestSession) => (await session.ask('/v1/me')).headers.get('etag');
const endChange = (session: TestSession) => app.db.owner`
  update email_change set expires_at = clock_timestamp()
   where account_id = (select account_id from session where id = ${session.id}::uuid)`;

test('the code gives the account its new address: it logs in by that, the former one is free at once and told', async () => {
  const ada = await active();
  const [own, other] = [await TestSession.of(app, ada), await TestSession.of(app, ada)];
  const before = await tagOf(own);
  const there = new TestClaimant(app, elsewhere());
  const code = await changeCode(app, own, there.email);
  const answer = await confirmChange(own, code);
  expect([answer.status, answer.body]).toMatchObject([200, { email: there.email, username: null }]);
  expect(answer.headers.get('etag')).toBe(await tagOf(own));
  expect(await tagOf(own)).not.toBe(before);
  expect([await emailOf(own), await other.isAlive(), codeOf(await other.refresh())]).toEqual([
    there.email,
    false,
    'session-revoked',
  ]);
  await own.renew();
  expect([(await there.logIn()).status, (await ada.logIn()).status]).toEqual([201, 401]);
  expect(await addressRow(app.db, ada.email)).toBeUndefined();
  expect(await addressRow(app.db, there.email)).toMatchObject({ state: 'ACTIVE', claimId: null });
  expect((await events(app.db)).slice(-20)).toEqual(
    expect.arrayContaining(['email.change_requested', 'email.changed']),
  );
  const { subject, text } = await ada.letter(2);
  expect(subject).toBe('Your account has another e-mail address');
  expect(text).toMatch(/^http\S+\/letters\/email-change-revert\?token=[\w.-]{71}$/m);
  expect(text).not.toContain(there.email);
  const stranger = new TestClaimant(app, ada.email, 'the password of a stranger');
  expect((await stranger.becomeActive()).status).toBe(200);
});

test('costs three statements and no hash, whether or not the code is right', async () => {
  const session = await TestSession.of(app, await active());
  const code = await changeCode(app, session, elsewhere());
  await session.isAlive();
  expect(await workOf(app, () => confirmChange(session, wrong(code)))).toMatchObject({ status: 401, statements: 3 });
  expect(await workOf(app, () => confirmChange(session, code))).toMatchObject({
    status: 200,
    statements: 3,
    hashes: 0,
  });
  expect(await workOf(app, () => confirmChange(session, code))).toMatchObject({ status: 401, statements: 2 });
});

test('three wrong codes end the change, of whatever length they are', async () => {
  const session = await TestSession.of(app, await active());
  const code = await changeCode(app, session, elsewhere());
  for (const guess of [wrong(code), code.slice(0, 4), wrong(code)]) refused(await confirmChange(session, guess));
  refused(await confirmChange(session, code));
});

test('two wrong codes do not, and what is no code at all is no try', async () => {
  const session = await TestSession.of(app, await active());
  const code = await changeCode(app, session, elsewhere());
  for (const nothing of ['123', '123456789', ' 12345678', 'abcdefgh', '٤٧١١٤٧١١', 47_114_711, null])
    expect((await confirmChange(session, nothing as string)).status).toBe(422);
  await inTurn(2, () => confirmChange(session, wrong(code)));
  expect((await confirmChange(session, code)).status).toBe(200);
});

test('a code is good for 15 minutes, and no longer', async () => {
  const session = await TestSession.of(app, await active());
  const code = await changeCode(app, session, elsewhere());
  await endChange(session);
  refused(await confirmChange(session, code));
  refused(await confirmChange(session, code));
});

test('without a change, and with the code of somebody else’s, it is the same 401', async () => {
  const [ada, bob] = [await TestSession.of(app, await active()), await TestSession.of(app, await active())];
  refused(await confirmChange(ada, '00000000'));
  const there = elsewhere();
  const code = await changeCode(app, ada, there);
  refused(await confirmChange(bob, code));
  await requestChange(bob, there);
  refused(await confirmChange(bob, code));
  expect((await confirmChange(ada, code)).status).toBe(200);
});

test('any session of the user may confirm, and it is the one that stays', async () => {
  const ada = await active();
  const [asks, confirms] = [await TestSession.of(app, ada), await TestSession.of(app, ada)];
  const code = await changeCode(app, asks, elsewhere());
  expect((await confirmChange(confirms, code)).status).toBe(200);
  expect([await asks.isAlive(), await confirms.isAlive()]).toEqual([false, true]);
});

describe('the new address', () => {
  test('that has become an account meanwhile stays that account’s', async () => {
    const session = await TestSession.of(app, await active());
    const there = new TestClaimant(app, elsewhere(), 'the password of its owner');
    const code = await changeCode(app, session, there.email);
    await there.register();
    expect((await there.activate(await there.code(2))).status).toBe(200);
    refused(await confirmChange(session, code));
    expect(await emailOf(session)).not.toBe(there.email);
    expect((await there.logIn()).status).toBe(201);
  });

  test('that somebody claims: the claim dies with its password and its letter', async () => {
    const session = await TestSession.of(app, await active());
    const squatter = new TestClaimant(app, elsewhere(), 'the password of the squatter');
    await squatter.register({ username: 'squatter' });
    const theirs = await squatter.code();
    const code = await changeCode(app, session, squatter.email);
    expect((await confirmChange(session, code)).status).toBe(200);
    expect(await addressRow(app.db, squatter.email)).toMatchObject({ state: 'ACTIVE', hasClaimPassword: false });
    expect((await squatter.activate(theirs)).status).toBe(401);
    expect((await squatter.logIn()).status).toBe(401);
    expect(await events(app.db)).toContain('registration.superseded');
    const left = await app.db.owner`
      select from audit_subject where not exists (select from account where subject_id = audit_subject.id)
         and not exists (select from address where subject_id = audit_subject.id)`;
    expect(left).toEqual([]);
  });

  test('is notified, and not claimed, when somebody registers it from then on', async () => {
    const ada = await active();
    const { owner } = await changeAddress(app, await TestSession.of(app, ada), ada, elsewhere());
    await owner.register();
    expect((await owner.letter(2)).subject).toBe('You already have an account');
  });
});

test('links that went to the former address are worth nothing, but for those that take a change back', async () => {
  const ada = await active();
  const session = await TestSession.of(app, ada);
  const reset = await ada.resetToken();
  await session.ask('/v1/me/password', { method: 'PUT', body: { new_password: ada.password } });
  const again = await ada.resetToken();
  await changeAddress(app, session, ada, elsewhere());
  const confirm = (token: string) =>
    app.ask('/v1/password-resets/confirm', { body: { token, new_password: 'the horse of a thief' } });
  for (const token of [reset, again]) expect(codeOf(await confirm(token))).toBe('invalid-token');
  const left = await app.db.owner<{ purpose: string }[]>`
    select purpose from account_token where account_id = (select account_id from session where id = ${session.id}::uuid)`;
  expect(left.map(({ purpose }) => purpose)).toEqual(['email_change_revert']);
});

test('device tokens stay good', async () => {
  const ada = await active();
  const session = await TestSession.of(app, ada);
  const { owner } = await changeAddress(app, session, ada, elsewhere());
  await inTurn(5, () => new TestClaimant(app, owner.email, 'wrong password').logIn());
  expect((await owner.logIn()).status).toBe(429);
  expect((await owner.logIn({ device_token: session.tokens.device_token })).status).toBe(201);
});

test('a reset ends a change that waits, and so does whoever says that it was not them', async () => {
  const ada = await active();
  const first = await TestSession.of(app, ada);
  const code = await changeCode(app, first, elsewhere());
  const token = await ada.resetToken();
  const reset = { token, new_password: ada.password };
  expect((await app.ask('/v1/password-resets/confirm', { body: reset })).status).toBe(204);
  const second = await TestSession.of(app, ada);
  refused(await confirmChange(second, code));
  await changeCode(app, second, elsewhere());
  const notMe = await ada.linkToken(3);
  await app.db.owner`
    update account set deletion_effective_at = clock_timestamp() + interval '3 days'
     where id = (select account_id from address where email = ${ada.email})`;
  expect((await app.ask('/v1/security/not-me', { body: { token: notMe } })).status).toBe(204);
  const waiting = await app.db.owner`
    select from email_change join address using (account_id) where address.email = ${ada.email}`;
  const kept = await app.db.owner`select from account where deletion_effective_at is not null`;
  expect([waiting, kept, (await events(app.db)).includes('account.deletion_cancelled')]).toEqual([[], [], true]);
});

test('no row holds the code or the new address while it waits, nor the former one after that', async () => {
  const ada = await active();
  const session = await TestSession.of(app, ada);
  const there = elsewhere();
  const code = await changeCode(app, session, there);
  const dump = async () => {
    const rows = await app.db.owner<{ text: string }[]>`
      select to_jsonb(t)::text as text from email_change t union all select to_jsonb(t)::text from account_token t
      union all select to_jsonb(t)::text from letter t union all select to_jsonb(t)::text from audit_event t`;
    return rows.map(({ text }) => text).join('\n');
  };
  const before = await dump();
  await confirmChange(session, code);
  await ada.letter(2);
  for (const text of [before, await dump()])
    expect([there, ada.email, code].filter((secret) => text.includes(secret))).toEqual([]);
});

test('of two hundred guesses at once three are judged', async () => {
  const session = await TestSession.of(app, await active());
  const code = await changeCode(app, session, elsewhere());
  const before = await app.metrics();
  const answers = await times(200, () => confirmChange(session, wrong(code)));
  expect(new Set(answers.map(({ status }) => status).filter((status) => status !== 503))).toEqual(new Set([401]));
  const count = (text: string, outcome: string) =>
    Number(new RegExp(`^troth_email_change_codes_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0);
  const after = await app.metrics();
  const judged = ['wrong_code', 'struck_out'].map((outcome) => count(after, outcome) - count(before, outcome));
  expect(judged).toEqual([2, 1]);
  refused(await confirmChange(session, code));
});

test('of fifty right codes at once one changes the address', async () => {
  const ada = await active();
  const session = await TestSession.of(app, ada);
  const there = elsewhere();
  const code = await changeCode(app, session, there);
  const statuses = (await times(50, () => confirmChange(session, code))).map(({ status }) => status);
  expect(statuses.filter((status) => status === 200)).toHaveLength(1);
  expect(new Set(statuses.filter((status) => status !== 503))).toEqual(new Set([200, 401]));
  expect(await emailOf(session)).toBe(there);
  expect(await ada.settledLetters()).toHaveLength(2);
});
