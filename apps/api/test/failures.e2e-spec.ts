import { TestClaimant } from '#testing/claimant';
import { addressRow, leftovers } from '#testing/rows';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { age, setClock } from '#testing/time-travel';
import { statusesOf, times } from '#testing/turns';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
const someone = (): TestClaimant => new TestClaimant(app, `someone${++people}@example.org`);

describe.each([-1, 1])('failure 1: a clock of the application that is off by %d hours', (hours) => {
  afterEach(() => jest.useRealTimers());

  test('failure 1: changes neither deadline nor resend nor activation', async () => {
    const ada = someone();
    setClock(hours * 3_600_000);
    await ada.register();
    const code = await ada.code();
    expect((await addressRow(app.db, ada.email))?.secondsLeft).toBeGreaterThan(50);
    await age(app.db, ada.email, 30);
    expect((await ada.resend()).status).toBe(202);
    expect(await ada.settledLetters()).toHaveLength(2);
    expect((await ada.activate(code)).status).toBe(200);
    const late = someone();
    await late.register();
    const lateCode = await late.code();
    await age(app.db, late.email, 61);
    expect((await late.activate(lateCode)).status).toBe(401);
  });
});

test('failure 2: what is not committed is never mailed', async () => {
  const ada = someone();
  // The event is written after the letter, in the same transaction.
  await app.db.owner`alter table audit_event add constraint no_room check (event <> 'registration.claimed') not valid`;
  expect((await ada.register()).status).toBeGreaterThanOrEqual(500);
  await app.db.owner`alter table audit_event drop constraint no_room`;
  expect(await ada.settledLetters()).toHaveLength(0);
  expect(await addressRow(app.db, ada.email)).toBeUndefined();
});

test('failure 6: no spelling of an address makes a second claim, and none reaches another mailbox', async () => {
  const before = (await leftovers(app.db)).addresses ?? 0;
  const ada = someone();
  const spellings = [ada.email, ada.email.toUpperCase(), ` ${ada.email}`, `${ada.email}\n`, `\t${ada.email} \r\n`];
  const accepted = await Promise.all(spellings.map((email) => new TestClaimant(app, email).register()));
  expect(statusesOf(accepted)).toEqual([202]);
  const others = [
    `${ada.email}\u00a0`,
    ada.email.replace('e', '\u0435'),
    `"${ada.email}"`,
    `${ada.email}\0`,
    `x,${ada.email}`,
  ];
  const refused = await Promise.all(others.map((email) => new TestClaimant(app, email).register()));
  expect(statusesOf(refused)).toEqual([422]);
  expect((await leftovers(app.db)).addresses).toBe(before + 1);
  expect(await ada.settledLetters()).toHaveLength(1);
});

describe.each<[string, () => Promise<TestClaimant>]>([
  ['unknown', () => Promise.resolve(someone())],
  ['claimed', async () => claimed()],
  ['active', async () => active()],
  ['muted', async () => muted()],
  ['over its quota', async () => exhausted()],
])('failures 7 and 10: an address that is %s', (_what, make) => {
  test('failure 7: registration, resend and withdrawal answer and work alike', async () => {
    const known = await make();
    const unknown = someone();
    for (const act of ['register', 'resend', 'withdraw'] as const) {
      const [mine, theirs] = [await trace(() => known[act]()), await trace(() => unknown[act]())];
      expect(mine).toEqual(theirs);
      expect(mine).toMatchObject({ hashes: 1, statements: act === 'register' ? 1 : 2 });
    }
  });

  test('failure 10: one Argon2id operation and two statements, whether or not there is a password to compare', async () => {
    const known = await make();
    const wrongly = new TestClaimant(app, known.email, 'not the right password');
    expect(await trace(() => wrongly.activate('0000'))).toMatchObject({ status: 401, hashes: 1, statements: 2 });
  });
});

test('failure 8: an overdue claim never blocks a new one, and the job that purges may be off', async () => {
  const squatter = someone();
  await squatter.register();
  await squatter.letter();
  const old = await addressRow(app.db, squatter.email);
  await age(app.db, squatter.email, 60);
  const owner = new TestClaimant(app, squatter.email, 'the owner’s password');
  await owner.register();
  expect((await addressRow(app.db, squatter.email))?.claimId).not.toBe(old?.claimId);
  expect((await owner.activate(await owner.code(2))).status).toBe(200);
});

test('failure 9: replayed requests of every kind leave one account and no strike', async () => {
  const ada = someone();
  await ada.register();
  const code = await ada.code();
  const { accounts } = await leftovers(app.db);
  await times(10, () => ada.activate(code));
  await times(10, () => ada.register());
  await times(10, () => ada.resend());
  await times(10, () => ada.withdraw());
  expect((await addressRow(app.db, ada.email))?.state).toBe('ACTIVE');
  expect((await leftovers(app.db)).accounts).toBe((accounts ?? 0) + 1);
  // The one notice to an active address, however often it is registered again.
  expect((await ada.settledLetters()).map(({ subject }) => subject)).toEqual([
    expect.stringContaining(code),
    'You already have an account',
  ]);
});

async function claimed(): Promise<TestClaimant> {
  const ada = someone();
  await ada.register();
  return ada;
}

async function active(): Promise<TestClaimant> {
  const ada = someone();
  expect((await ada.becomeActive()).status).toBe(200);
  return ada;
}

async function muted(): Promise<TestClaimant> {
  const ada = await claimed();
  await app.ask('/v1/registrations/mute', { body: { owner_token: await ada.ownerToken(), days: 30 } });
  await ada.withdraw();
  return ada;
}

async function exhausted(): Promise<TestClaimant> {
  const ada = someone();
  for (let letters = 0; letters < 10; letters++) {
    await ada.register();
    await ada.withdraw();
  }
  return ada;
}

/** What can be seen of an act from outside and from inside, without its time. */
async function trace(act: () => Promise<Answer>): Promise<Readonly<Record<string, unknown>>> {
  await someone().settledLetters();
  const before = await hashes();
  app.statements();
  const { status, text, headers } = await act();
  const statements = app.statements().filter((statement) => !statement.includes('letter'));
  const names = [...headers.keys()].sort();
  return { status, text, names, hashes: (await hashes()) - before, statements: statements.length };
}

async function hashes(): Promise<number> {
  const found = /^troth_hash_seconds_count(?:\{[^}]*\})? (\d+)$/m.exec(await app.metrics());
  return Number(found?.[1] ?? Number.NaN);
}
