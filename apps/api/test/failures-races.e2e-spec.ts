import { purgeOnce } from '#data/purge-once';
import { TestClaimant, wrong } from '#testing/claimant';
import { addressRow, events, leftovers } from '#testing/rows';
import { startTestApp, type TestApp } from '#testing/test-app';
import { age } from '#testing/time-travel';
import { inTurn, statusesOf, times } from '#testing/turns';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
const someone = (on = app): TestClaimant => new TestClaimant(on, `someone${++people}@example.org`);

test('failure 4: two claims at once, on two replicas, are one claim with one letter', async () => {
  const replica = await startTestApp({}, app.db);
  try {
    for (let round = 0; round < 10; round++) {
      const ada = someone();
      const answers = await Promise.all([
        ada.register(),
        new TestClaimant(replica, ada.email, 'another password').register(),
      ]);
      expect(statusesOf(answers)).toEqual([202]);
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
        statusesOf(await Promise.all([ada.resend(), ada.resend(), purgeOnce(app.db.sql).then(() => ada.resend())])),
      ).toEqual([202]);
      expect(await addressRow(app.db, ada.email)).toBeUndefined();
    }
  });
});

test('failure 11: hashing holds no connection: with a pool of one, others are served while many hash', async () => {
  const narrow = await startTestApp({ DATABASE_POOL: '1' }, app.db);
  try {
    const hashing = times(20, () => someone(narrow).register());
    const ready = await inTurn(20, () => narrow.ask('/health/ready'));
    expect(statusesOf(ready)).toEqual([200]);
    expect(statusesOf(await hashing)).toEqual([202]);
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
      expect(statusesOf(answers)).toEqual([202]);
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
