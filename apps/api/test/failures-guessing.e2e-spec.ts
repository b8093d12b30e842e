import { ADDRESS_QUOTAS } from '#domain/quota';
import { TestClaimant, wrong } from '#testing/claimant';
import { addressRow } from '#testing/rows';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { ageQuotas } from '#testing/time-travel';
import { inTurn, statusesOf } from '#testing/turns';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
const someone = (on = app): TestClaimant => new TestClaimant(on, `someone${++people}@example.org`);

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
    const claimAndWithdraw = async (): Promise<Answer> => {
      const answer = await ada.register();
      // A letter goes with its claim, and the token in the first one names the row that counts.
      await ada.letter();
      await ada.withdraw();
      return answer;
    };
    expect(statusesOf(await inTurn(perHour + 2, claimAndWithdraw))).toEqual([202]);
    const written = () => lettersOf(ada);
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

/** How many letters of registration the address was sent today. */
async function lettersOf(claimant: TestClaimant): Promise<number | undefined> {
  const [row] = await app.db.owner<{ day: number }[]>`
    select day_count as day from address_quota
     where address_key = ${await claimant.addressKey()} and kind = 'registration_letters'`;
  return row?.day;
}
