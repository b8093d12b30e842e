import { TestClaimant } from '#testing/claimant';
import { changeCode, confirmChange, requestChange } from '#testing/email-changes';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { age, ageQuotas, ageSession } from '#testing/time-travel';
import { inTurn, times } from '#testing/turns';
import { workOf } from '#testing/work-of';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
const someone = (): TestClaimant => new TestClaimant(app, `asks${++people}@example.com`);
const elsewhere = (): TestClaimant => new TestClaimant(app, `new${++people}@example.net`);
async function active(): Promise<TestClaimant> {
  const ada = someone();
  if ((await ada.becomeActive()).status !== 200) throw new Error('not active');
  return ada;
}
const sessionOf = async (): Promise<TestSession> => TestSession.of(app, await active());
const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown } | undefined)?.code;
const accountIdOf = async (session: TestSession) => ((await session.ask('/v1/me')).body as { id: string }).id;
const rowsOf = async (session: TestSession) =>
  app.db.owner<{ id: string; minutes: number }[]>`
    select id, extract(epoch from expires_at - clock_timestamp())::float8 / 60 as minutes from email_change
     where account_id = ${await accountIdOf(session)}::uuid`;

const ANSWER = { expires_in: 900, max_attempts: 3, code: { length: 8 }, revertible_for: 604_800 };

async function claimed(): Promise<TestClaimant> {
  const ada = elsewhere();
  await ada.register();
  await ada.settledLetters();
  return ada;
}
async function overdue(): Promise<TestClaimant> {
  const ada = await claimed();
  await age(app.db, ada.email, 61);
  return ada;
}
async function suspended(): Promise<TestClaimant> {
  const ada = await active();
  await app.db.owner`
    update account set suspended_at = clock_timestamp()
     where id = (select account_id from address where email = ${ada.email})`;
  return ada;
}
async function exhausted(): Promise<TestClaimant> {
  const ada = elsewhere();
  const session = await sessionOf();
  await inTurn(5, () => changeCode(app, session, ada.email));
  return ada;
}

test.each<[string, () => Promise<TestClaimant>, boolean]>([
  ['unknown', () => Promise.resolve(elsewhere()), true],
  ['claimed', claimed, true],
  ['claimed by an overdue claim', overdue, true],
  ['active', active, false],
  ['suspended', suspended, false],
  ['over its quota', exhausted, false],
])('an address that is %s gets the constant answer, for one statement and no hash', async (_what, make, mailed) => {
  const [ada, session] = [await make(), await sessionOf()];
  await session.isAlive();
  const before = (await ada.settledLetters()).length;
  const [mine, theirs] = [
    await workOf(app, () => requestChange(session, ada.email)),
    await workOf(app, () => requestChange(session, elsewhere().email)),
  ];
  expect(mine).toEqual(theirs);
  expect(mine).toMatchObject({ status: 202, hashes: 0, statements: 2 });
  expect(JSON.parse(mine.text)).toEqual(ANSWER);
  expect((await ada.settledLetters()).length - before).toBe(mailed ? 1 : 0);
});

test('the own address is answered alike, and gets no letter', async () => {
  const ada = await active();
  const before = (await ada.settledLetters()).length;
  const answer = await requestChange(await TestSession.of(app, ada), ada.email);
  expect([answer.status, answer.body]).toEqual([202, ANSWER]);
  expect((await ada.settledLetters()).length).toBe(before);
});

test('the letter brings a code of eight digits, and what the owner of the mailbox can do', async () => {
  const [session, there] = [await sessionOf(), elsewhere()];
  expect(await changeCode(app, session, ` ${there.email.toUpperCase()}\r\n`)).toMatch(/^\d{8}$/);
  const { subject, text } = await there.letter();
  expect(subject).toMatch(/^\d{8} is your code$/);
  expect(text).toContain('15 minutes');
  expect(text).toMatch(/\/letters\/owner\?owner_token=[\w-]{96}$/m);
  expect((await there.register({ owner_token: await there.ownerToken() })).status).toBe(202);
  const [change] = await rowsOf(session);
  expect(change?.minutes).toBeCloseTo(15, 0);
});

test('a newer request takes the place of the one before, whatever its address is', async () => {
  const session = await sessionOf();
  for (const second of [elsewhere().email, (await active()).email]) {
    const code = await changeCode(app, session, elsewhere().email);
    await requestChange(session, second);
    expect(await rowsOf(session)).toHaveLength(1);
    expect(codeOf(await confirmChange(session, code))).toBe('challenge-failed');
  }
});

test('each has a code of its own, also for the same address', async () => {
  const [session, there] = [await sessionOf(), elsewhere()];
  const codes = [await changeCode(app, session, there.email), await changeCode(app, session, there.email)];
  expect(new Set(codes).size).toBe(2);
});

test('an account asks five times a day, and then has to wait', async () => {
  const session = await sessionOf();
  const statuses = await inTurn(6, async () => (await requestChange(session, elsewhere().email)).status);
  expect(statuses).toEqual([202, 202, 202, 202, 202, 429]);
  await ageQuotas(app.db, 3_601);
  const refused = await requestChange(session, elsewhere().email);
  expect([refused.status, codeOf(refused)]).toEqual([429, 'rate-limited']);
  const wait = Number(refused.headers.get('retry-after'));
  expect([wait > 82_000, wait <= 82_799]).toEqual([true, true]);
  await ageQuotas(app.db, wait);
  expect((await requestChange(session, elsewhere().email)).status).toBe(202);
});

test('an address gets five letters an hour and ten a day, whoever asks', async () => {
  const there = elsewhere();
  const ask = async () => {
    const session = await sessionOf();
    await inTurn(4, async () => {
      await requestChange(session, there.email);
      await there.settledLetters();
    });
  };
  await ask();
  await ask();
  expect(await there.settledLetters()).toHaveLength(5);
  await ageQuotas(app.db, 3_601);
  await ask();
  await ask();
  expect(await there.settledLetters()).toHaveLength(10);
  await ageQuotas(app.db, 3_601);
  await ask();
  expect(await there.settledLetters()).toHaveLength(10);
});

test('DELETE forgets the change with its code, also when there is none', async () => {
  const session = await sessionOf();
  const code = await changeCode(app, session, elsewhere().email);
  const cancel = () => session.ask('/v1/me/email-change', { method: 'DELETE' });
  const { status, text } = await cancel();
  expect([status, text, await rowsOf(session)]).toEqual([204, '', []]);
  expect(codeOf(await confirmChange(session, code))).toBe('challenge-failed');
  expect(await workOf(app, cancel)).toMatchObject({ status: 204, statements: 2 });
});

describe('refused is', () => {
  test('who was authenticated more than five minutes ago', async () => {
    const session = await sessionOf();
    await ageSession(app.db, session.id, 301);
    await session.renew();
    expect(codeOf(await requestChange(session, elsewhere().email))).toBe('reauthentication-required');
    expect(await rowsOf(session)).toEqual([]);
  });

  test('who has no session, or one of a suspended account', async () => {
    const ask = await app.ask('/v1/me/email-change', { body: { new_email: 'x@example.com' } });
    expect([ask.status, codeOf(ask)]).toEqual([401, 'unauthenticated']);
    const ada = await active();
    const session = await TestSession.of(app, ada);
    const code = await changeCode(app, session, elsewhere().email);
    await app.db.owner`
      update account set suspended_at = clock_timestamp()
       where id = (select account_id from address where email = ${ada.email})`;
    const answers = [
      await requestChange(session, elsewhere().email),
      await confirmChange(session, code),
      await session.ask('/v1/me/email-change', { method: 'DELETE' }),
    ];
    expect(answers.map(codeOf)).toEqual(['session-revoked', 'session-revoked', 'session-revoked']);
  });

  test('everybody, before their fields are looked at, while the account is frozen, and nothing is counted', async () => {
    const session = await sessionOf();
    const accountId = await accountIdOf(session);
    const freeze = (until: string) => app.db.owner`
      update account set changes_frozen_until = clock_timestamp() + ${until}::interval where id = ${accountId}::uuid`;
    await freeze('1 minute');
    const answers = [
      ...(await inTurn(6, () => requestChange(session, elsewhere().email))),
      await requestChange(session, 7),
      await confirmChange(session, '00000000'),
    ];
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([403]));
    expect(new Set(answers.map(codeOf))).toEqual(new Set(['changes-frozen']));
    await freeze('-1 second');
    expect((await requestChange(session, elsewhere().email)).status).toBe(202);
  });

  test.each([
    [{ new_email: 'nobody' }, '/new_email', 'email'],
    [{ new_email: 7 }, '/new_email', 'is-string'],
    [{ new_email: null }, '/new_email', 'is-string'],
    [{ new_email: 'k\u212a@example.com' }, '/new_email', 'email'],
    [{ new_email: 'a@example.com\r\nBcc: b@example.com' }, '/new_email', 'email'],
    [{ new_email: 'a@example.com', password: 'x' }, '/password', 'unknown-field'],
    [{}, '/new_email', 'is-string'],
  ])('%j', async (body, pointer, code) => {
    const session = await sessionOf();
    const answer = await session.ask('/v1/me/email-change', { body });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer, code }] } });
    expect(await rowsOf(session)).toEqual([]);
  });
});

test('of fifty requests at once five are made, and one change is left', async () => {
  const session = await sessionOf();
  const answers = await times(50, () => requestChange(session, elsewhere().email));
  const statuses = answers.map(({ status }) => status).filter((status) => status !== 503);
  expect(statuses.filter((status) => status === 202)).toHaveLength(5);
  expect(new Set(statuses)).toEqual(new Set([202, 429]));
  expect(await rowsOf(session)).toHaveLength(1);
});
