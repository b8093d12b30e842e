import { purgeOnce } from '#data/purge-once';
import { TestClaimant, wrong } from '#testing/claimant';
import { addressRow, leftovers } from '#testing/rows';
import { startTestApp, type TestApp } from '#testing/test-app';
import { age, endIn } from '#testing/time-travel';
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

  test('failure 5: a resend that meets the deadline prolongs the claim, or finds it gone, and nothing between', async () => {
    const seen = { resent: 0, gone: 0 };
    let ahead = 20;
    for (let round = 0; round < 50; round++) {
      const ada = someone();
      await ada.register();
      await endIn(app.db, ada.email, ahead);
      const [answer] = await Promise.all([ada.resend(), purgeOnce(app.db.sql)]);
      expect(answer.status).toBe(202);
      const row = await addressRow(app.db, ada.email);
      if (row) expect([row.resends, (row.secondsLeft ?? 0) > 30]).toEqual([1, true]);
      seen[row ? 'resent' : 'gone'] += 1;
      // However fast the machine is, the next deadline lies where a resend comes now just before it, now just after it.
      ahead = row ? ahead * 0.7 : ahead + 7;
    }
    expect(seen).toEqual({ resent: expect.any(Number), gone: expect.any(Number) });
    expect(Math.min(seen.resent, seen.gone)).toBeGreaterThan(0);
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
    const claims = await app.db.owner<{ begun: number; ends: readonly string[]; isLive: boolean; isActive: boolean }[]>`
      select count(*) filter (where event = 'registration.claimed')::int as begun,
             array_remove(array_agg(event), 'registration.claimed') as ends,
             exists (select from address where address.subject_id = audit_event.subject_id and state = 'CLAIMED') as "isLive",
             exists (select from account where account.subject_id = audit_event.subject_id) as "isActive"
        from audit_event
       group by subject_id`;
    for (const { begun, ends, isLive, isActive } of claims) {
      expect([begun, ends.length]).toEqual([1, isLive ? 0 : 1]);
      expect(ends.includes('registration.activated')).toBe(isActive);
    }
    const ways = ['activated', 'expired', 'superseded', 'withdrawn'].map((way) => `registration.${way}`);
    expect(claims.flatMap(({ ends }) => ends)).toEqual(expect.arrayContaining(ways));
    expect(claims.filter(({ isActive }) => isActive)).toHaveLength((await leftovers(app.db)).accounts ?? 0);
  });
});
