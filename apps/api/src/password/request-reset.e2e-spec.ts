import { TestClaimant } from '#testing/claimant';
import { startTestApp, type TestApp } from '#testing/test-app';
import { age, ageQuotas } from '#testing/time-travel';
import { inTurn, times } from '#testing/turns';
import { workOf } from '#testing/work-of';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ TRUSTED_PROXIES: '127.0.0.0/8', PUBLIC_URL: 'https://accounts.example.org/base' });
});
afterAll(() => app.stop());

let people = 0;
const someone = (): TestClaimant => new TestClaimant(app, `forgot${++people}@example.com`);
const request = (email: string, more: object = {}, headers: Readonly<Record<string, string>> = {}) =>
  app.ask('/v1/password-resets', { body: { email, ...more }, headers });
/** Requests one after another, each when the letter of the one before has left: a newer link takes its place until then. */
const requests = (count: number, { email }: TestClaimant, more: object = {}) =>
  inTurn(count, async () => {
    const { status } = await request(email, more);
    await someone().settledLetters();
    return status;
  });
/** Subjects of the letters that came after the first. */
const laterSubjects = async (ada: TestClaimant) => (await ada.settledLetters()).slice(1).map(({ subject }) => subject);
async function active(): Promise<TestClaimant> {
  const ada = someone();
  if ((await ada.becomeActive()).status !== 200) throw new Error('not active');
  return ada;
}
async function claimed(): Promise<TestClaimant> {
  const ada = someone();
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
  const ada = await active();
  await requests(5, ada);
  return ada;
}

const RESET = 'Set a new password';

test.each<[string, () => Promise<TestClaimant>, readonly string[]]>([
  ['unknown', () => Promise.resolve(someone()), []],
  ['claimed', claimed, []],
  ['claimed by an overdue claim', overdue, []],
  ['active', active, [RESET]],
  ['suspended', suspended, [RESET]],
  ['over its quota', exhausted, [RESET, RESET, RESET, RESET, RESET]],
])('an address that is %s gets the constant answer, for one statement and no hash', async (_what, make, mailed) => {
  const ada = await make();
  const [mine, theirs] = [
    await workOf(app, () => request(ada.email)),
    await workOf(app, () => request(someone().email)),
  ];
  expect(mine).toEqual(theirs);
  expect(mine).toMatchObject({ status: 202, hashes: 0, statements: 1 });
  expect(JSON.parse(mine.text)).toEqual({ status: 'reset_requested', expires_in: 1_800 });
  expect(await laterSubjects(ada)).toEqual(mailed);
});

test.each(['unknown', 'active'])('an address that is %s is counted', async (which) => {
  const ada = which === 'active' ? await active() : someone();
  const rows = () =>
    app.db.owner<{ kind: string; count: number }[]>`
      select kind, hour_count as count from address_quota where kind like 'reset%' and touched_at > clock_timestamp() - interval '1 minute'
       order by touched_at desc limit 1`;
  await request(ada.email);
  await request(ada.email);
  expect(await rows()).toEqual([{ kind: 'reset_letters', count: 2 }]);
});

test('any spelling of an address is that address', async () => {
  const ada = await active();
  expect((await request(` ${ada.email.toUpperCase()}\r\n`)).status).toBe(202);
  expect(await laterSubjects(ada)).toEqual([RESET]);
});

test.each([
  [{ email: 'nobody' }, '/email', 'email'],
  [{ email: 7 }, '/email', 'is-string'],
  [{ email: null }, '/email', 'is-string'],
  [{ email: 'k\u212a@example.com' }, '/email', 'email'],
  [{ owner_token: 'x'.repeat(513) }, '/owner_token', 'max-length'],
  [{ password: 'correct horse battery' }, '/password', 'unknown-field'],
])('%j is not valid', async (fields, pointer, code) => {
  const answer = await app.ask('/v1/password-resets', { body: { email: 'ada@example.com', ...fields } });
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer, code }] } });
});

test('five letters an hour and ten a day, and the owner of the mailbox has five more of their own', async () => {
  const ada = await active();
  const owner_token = await ada.ownerToken();
  const count = async () => (await laterSubjects(ada)).length;
  await requests(6, ada);
  expect(await count()).toBe(5);
  await requests(6, ada, { owner_token });
  expect(await count()).toBe(10);
  await ageQuotas(app.db, 3_601);
  await requests(6, ada);
  expect(await count()).toBe(15);
  await ageQuotas(app.db, 3_601);
  await request(ada.email);
  expect(await count()).toBe(15);
});

test('the letter of a reset brings an owner token with it, so that its page can ask for another', async () => {
  const ada = await active();
  await requests(5, ada);
  const { text } = await ada.letter(6);
  const owner_token = /owner_token=([\w-]{96})$/m.exec(text)?.[1];
  expect((await request(ada.email, { owner_token })).status).toBe(202);
  expect(await laterSubjects(ada)).toHaveLength(6);
});

test.each(["somebody else's", 'forged'])('an owner token that is %s counts as none', async (which) => {
  const ada = await active();
  const token =
    which === 'forged' ? `${(await ada.ownerToken()).slice(0, -3)}AAA` : await (await active()).ownerToken();
  await requests(5, ada);
  expect((await request(ada.email, { owner_token: token })).status).toBe(202);
  expect(await laterSubjects(ada)).toHaveLength(5);
});

test('a link leads to where the settings say, whatever the request says of hosts', async () => {
  const ada = await active();
  const lies = [
    { host: 'evil.example.net' },
    { 'x-forwarded-host': 'evil.example.net', 'x-forwarded-proto': 'https', 'x-forwarded-prefix': '/evil' },
    {
      forwarded: 'host=evil.example.net;proto=https',
      origin: 'https://evil.example.net',
      referer: 'https://evil.example.net/',
    },
  ];
  for (const headers of lies) {
    expect((await request(ada.email, {}, headers)).status).toBe(202);
    await ada.settledLetters();
  }
  const letters = (await ada.settledLetters()).slice(1);
  expect(letters).toHaveLength(lies.length);
  for (const { text, html } of letters) {
    expect(text).toMatch(
      /^https:\/\/accounts\.example\.org\/base\/letters\/password-reset\?token=[\w.-]{71}&owner_token=[\w-]{96}$/m,
    );
    expect(text + html).not.toMatch(/evil/);
  }
});

test('fifty requests at once mail what the quota allows, and only one of the links is good', async () => {
  const ada = await active();
  const answers = await times(50, () => request(ada.email));
  expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
  const tokens = await app.db.owner`
    select from account_token join address using (account_id) where email = ${ada.email} and purpose = 'password_reset'`;
  expect(tokens).toHaveLength(1);
  expect((await laterSubjects(ada)).length).toBeLessThanOrEqual(5);
});

describe('Idempotency-Key', () => {
  const key = (name: string, source = '203.0.113.1') => ({ 'idempotency-key': name, 'x-forwarded-for': source });

  test('the same request again mails nothing, and is answered alike', async () => {
    const ada = await active();
    const answers = await inTurn(3, () => request(ada.email, {}, key('twice')));
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    expect(await laterSubjects(ada)).toEqual([RESET]);
  });

  test('with an owner token it is the same request, with another address another', async () => {
    const [ada, bob] = [await active(), await active()];
    await request(ada.email, {}, key('one'));
    expect((await request(ada.email, { owner_token: await ada.ownerToken() }, key('one'))).status).toBe(202);
    expect(await request(bob.email, {}, key('one'))).toMatchObject({
      status: 409,
      body: { code: 'idempotency-conflict' },
    });
    expect((await request(bob.email, {}, key('one', '203.0.113.2'))).status).toBe(202);
    expect([await laterSubjects(ada), await laterSubjects(bob)]).toEqual([[RESET], [RESET]]);
  });

  test('a key of a registration is none of a reset', async () => {
    const ada = await active();
    await ada.register({}, key('of-both'));
    expect((await request(ada.email, {}, key('of-both'))).status).toBe(202);
    expect(await laterSubjects(ada)).toContain(RESET);
  });
});

test('of one source ten in an hour are served', async () => {
  const limited = await startTestApp({ RATE_LIMIT_SCALE: '1' }, app.db);
  try {
    const answers = await inTurn(11, (n) =>
      limited.ask('/v1/password-resets', { body: { email: `nobody${n}@example.com` } }),
    );
    expect(answers.map(({ status }) => status)).toEqual([...Array.from({ length: 10 }, () => 202), 429]);
  } finally {
    await limited.stop();
  }
});
