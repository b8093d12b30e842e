import { purgeOnce } from '#data/purge-once';
import { ADDRESS_QUOTAS } from '#domain/quota';
import { TestClaimant, wrong } from '#testing/claimant';
import { addressRow, events, leftovers } from '#testing/rows';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { age, ageQuotas } from '#testing/time-travel';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
const someone = (on = app): TestClaimant => new TestClaimant(on, `someone${++people}@example.org`);
const statuses = (answers: readonly Answer[]): readonly number[] => [...new Set(answers.map(({ status }) => status))];
const times = <Result>(count: number, act: (index: number) => Promise<Result>): Promise<Result[]> =>
  Promise.all(Array.from({ length: count }, (_, index) => act(index)));

/** Runs one act after another and collects the answers. */
async function inTurn(count: number, act: (index: number) => Promise<Answer>): Promise<readonly Answer[]> {
  const answers: Answer[] = [];
  for (let index = 0; index < count; index++) answers.push(await act(index));
  return answers;
}

describe.each([-1, 1])('failure 1: a clock of the application that is off by %d hours', (hours) => {
  afterEach(() => jest.useRealTimers());

  test('failure 1: changes neither deadline nor resend nor activation', async () => {
    const ada = someone();
    setClock(hours);
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

describe('failure 3: brute force', () => {
  test('failure 3: one source registers five times a minute and activates ten times', async () => {
    const strict = await startTestApp({ RATE_LIMIT_SCALE: '1' }, app.db);
    try {
      const registered = await inTurn(6, () => someone(strict).register());
      expect(registered.map(({ status }) => status)).toEqual([202, 202, 202, 202, 202, 429]);
      expect(registered[5]?.headers.get('retry-after')).toMatch(/^\d+$/);
      expect(registered[5]?.body).toMatchObject({ code: 'rate-limited', status: 429 });
      const guessed = await inTurn(11, () => someone(strict).activate('0000'));
      expect(guessed.map(({ status }) => status)).toEqual([...new Array<number>(10).fill(401), 429]);
    } finally {
      await strict.stop();
    }
  });

  test('failure 3: an address is sent ten letters an hour and twenty a day; beyond that all is silent', async () => {
    const ada = someone();
    const { perHour, perDay } = ADDRESS_QUOTAS.registration_letters;
    const claimAndWithdraw = async (): Promise<Answer> => [await ada.register(), await ada.withdraw()][0]!;
    expect(statuses(await inTurn(perHour + 2, claimAndWithdraw))).toEqual([202]);
    const written = async () => (await countOf('registration_letters', ada))?.day;
    expect(await written()).toBe(perHour);
    await ageQuotas(app.db, 3601);
    await inTurn(perHour + 2, claimAndWithdraw);
    expect(await written()).toBe(perDay);
    await ageQuotas(app.db, 3601);
    await inTurn(2, claimAndWithdraw);
    expect(await written()).toBe(perDay);
    await ageQuotas(app.db, 86_400);
    await claimAndWithdraw();
    expect(await written()).toBe(1);
  });

  test('failure 3: after two struck claims an address is given codes of eight digits, until one is activated', async () => {
    const ada = someone();
    for (const letters of [1, 2]) {
      await ada.register();
      const code = await ada.code(letters);
      expect(code).toHaveLength(4);
      await ada.activate(wrong(code));
      await ada.withdraw();
    }
    await ada.register();
    const code = await ada.code(3);
    expect(code).toHaveLength(8);
    expect((await ada.activate(code.slice(0, 4))).status).toBe(401);
    expect((await addressRow(app.db, ada.email))?.strikes).toBe(1);
    expect((await ada.activate(code)).status).toBe(200);
  });

  test('failure 3: when many claims are struck within an hour, all new codes have eight digits', async () => {
    const on = await startTestApp();
    try {
      await on.db.owner`
        insert into struck_claim (claim_id, address_key, struck_at)
        select gen_random_uuid(), sha256(n::text::bytea), clock_timestamp() from generate_series(1, 20) as n`;
      const before = someone(on);
      await before.register();
      expect(await before.code()).toHaveLength(4);
      await before.activate(wrong(await before.code()));
      const after = someone(on);
      await after.register();
      expect(await after.code()).toHaveLength(8);
      await on.db.owner`update struck_claim set struck_at = struck_at - interval '61 minutes'`;
      const later = someone(on);
      await later.register();
      expect(await later.code()).toHaveLength(8);
      await on.db.owner`update breaker set open_until = clock_timestamp()`;
      const closed = someone(on);
      await closed.register();
      expect(await closed.code()).toHaveLength(4);
    } finally {
      await on.stop();
    }
  });

  test('failure 3: the strict profile uses eight digits and passwords of fifteen always', async () => {
    const strict = await startTestApp({ SECURITY_PROFILE: 'strict' }, app.db);
    try {
      const ada = someone(strict);
      expect((await ada.register()).body).toMatchObject({ code: { min_length: 8, max_length: 8 } });
      expect(await ada.code()).toHaveLength(8);
      const short = new TestClaimant(strict, 'short@example.org', 'only fourteen.');
      expect((await short.register()).body).toMatchObject({ errors: [{ pointer: '/password', code: 'too-short' }] });
    } finally {
      await strict.stop();
    }
  });
});

test('failure 4: two claims at once, on two replicas, are one claim with one letter', async () => {
  const replica = await startTestApp({}, app.db);
  try {
    for (let round = 0; round < 10; round++) {
      const ada = someone();
      const answers = await Promise.all([
        ada.register(),
        new TestClaimant(replica, ada.email, 'another password').register(),
      ]);
      expect(statuses(answers)).toEqual([202]);
      await ada.settledLetters();
      const there = new TestClaimant(replica, ada.email);
      expect((await ada.letters()).length + (await there.letters()).length).toBe(1);
    }
  } finally {
    await replica.stop();
  }
});

describe('failure 5: the claim was committed and its letter got lost', () => {
  test('failure 5: the same code is sent again, and the claim lives as long as a letter takes', async () => {
    const ada = someone();
    const first = await ada.register();
    const code = await ada.code();
    await age(app.db, ada.email, 20);
    const again = await ada.resend();
    expect([again.status, again.text]).toEqual([202, first.text]);
    expect(await ada.code(2)).toBe(code);
    const row = await addressRow(app.db, ada.email);
    expect(row).toMatchObject({ resends: 1, strikes: 0 });
    expect(row?.secondsLeft).toBeGreaterThan(55);
    expect((await ada.activate(code)).status).toBe(200);
  });

  test('failure 5: not within 15 s, not more than three times, not by another password, and never for ever', async () => {
    const ada = someone();
    await ada.register();
    const resends = async () => (await addressRow(app.db, ada.email))?.resends;
    await ada.resend();
    expect(await resends()).toBe(0);
    await age(app.db, ada.email, 16);
    await ada.resend('not the right password');
    expect(await resends()).toBe(0);
    for (const expected of [1, 2, 3, 3, 3]) {
      await ada.resend();
      expect(await resends()).toBe(expected);
      await age(app.db, ada.email, 16);
    }
    const slow = someone();
    await slow.register();
    for (let sent = 0; sent < 3; sent++) {
      await age(app.db, slow.email, 59);
      await slow.resend();
    }
    // 177 s after the claim: what is left ends with the fourth minute.
    expect((await addressRow(app.db, slow.email))?.secondsLeft).toBeLessThanOrEqual(63);
  });

  test('failure 5: a resend that meets the deadline either prolongs the claim or finds it gone', async () => {
    for (let round = 0; round < 20; round++) {
      const ada = someone();
      await ada.register();
      await age(app.db, ada.email, 60);
      expect(
        statuses(await Promise.all([ada.resend(), ada.resend(), purgeOnce(app.db.sql).then(() => ada.resend())])),
      ).toEqual([202]);
      expect(await addressRow(app.db, ada.email)).toBeUndefined();
    }
  });
});

test('failure 6: no spelling of an address makes a second claim, and none reaches another mailbox', async () => {
  const before = (await leftovers(app.db)).addresses ?? 0;
  const ada = someone();
  const spellings = [ada.email, ada.email.toUpperCase(), ` ${ada.email}`, `${ada.email}\n`, `\t${ada.email} \r\n`];
  const accepted = await Promise.all(spellings.map((email) => new TestClaimant(app, email).register()));
  expect(statuses(accepted)).toEqual([202]);
  const others = [
    `${ada.email}\u00a0`,
    ada.email.replace('e', '\u0435'),
    `"${ada.email}"`,
    `${ada.email}\0`,
    `x,${ada.email}`,
  ];
  const refused = await Promise.all(others.map((email) => new TestClaimant(app, email).register()));
  expect(statuses(refused)).toEqual([422]);
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

test('failure 11: hashing holds no connection: with a pool of one, others are served while many hash', async () => {
  const narrow = await startTestApp({ DATABASE_POOL: '1' }, app.db);
  try {
    const hashing = times(20, () => someone(narrow).register());
    const ready = await inTurn(20, () => narrow.ask('/health/ready'));
    expect(statuses(ready)).toEqual([200]);
    expect(statuses(await hashing)).toEqual([202]);
  } finally {
    await narrow.stop();
  }
});

describe('failure 12: isolation', () => {
  test('failure 12: claims and the purge job at once leave one live claim', async () => {
    for (let round = 0; round < 20; round++) {
      const ada = someone();
      await ada.register();
      await age(app.db, ada.email, 60);
      const [answers] = await Promise.all([times(5, () => ada.register()), times(5, () => purgeOnce(app.db.sql))]);
      expect(statuses(answers)).toEqual([202]);
      expect(await addressRow(app.db, ada.email)).toMatchObject({ state: 'CLAIMED', hasClaimPassword: true });
    }
  });

  test('failure 12: activation against the owner’s token: one of them wins, and only one password is kept', async () => {
    for (let round = 0; round < 10; round++) {
      const squatter = someone();
      await squatter.register();
      const [code, owner_token] = [await squatter.code(), await squatter.ownerToken()];
      const owner = new TestClaimant(app, squatter.email, 'the owner’s password');
      const [activated] = await Promise.all([squatter.activate(code), owner.register({ owner_token })]);
      const row = await addressRow(app.db, squatter.email);
      expect(row?.state).toBe(activated.status === 200 ? 'ACTIVE' : 'CLAIMED');
    }
  });

  test('failure 12: activation against withdrawal and resend: the account stands or the address is free', async () => {
    for (let round = 0; round < 10; round++) {
      const ada = someone();
      await ada.register();
      const code = await ada.code();
      const [activated] = await Promise.all([
        ada.activate(code),
        ada.withdraw(),
        ada.resend(),
        ada.activate(wrong(code)),
      ]);
      const row = await addressRow(app.db, ada.email);
      expect(row?.state).toBe(activated.status === 200 ? 'ACTIVE' : undefined);
    }
  });

  test('failure 12: every account has one activation, and every ended claim one end', async () => {
    await purgeOnce(app.db.sql);
    const count = (name: string, all: readonly string[]): number => all.filter((event) => event === name).length;
    const all = await events(app.db);
    const { accounts } = await leftovers(app.db);
    expect(count('registration.activated', all)).toBe(accounts);
  });
});

function setClock(hoursOff: number): void {
  const real = [
    'setTimeout',
    'setInterval',
    'setImmediate',
    'clearTimeout',
    'clearInterval',
    'clearImmediate',
  ] as const;
  const others = ['nextTick', 'queueMicrotask', 'hrtime', 'performance'] as const;
  jest.useFakeTimers({ doNotFake: [...real, ...others], now: Date.now() + hoursOff * 3_600_000, advanceTimers: true });
}

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

async function countOf(kind: string, { email }: TestClaimant): Promise<{ readonly day: number } | undefined> {
  const [row] = await app.db.owner<{ day: number }[]>`
    select day_count as day from address_quota
     where kind = ${kind}
     order by touched_at desc limit 1`;
  expect(email).toContain('@');
  return row;
}
