import { TestClaimant, wrong } from '#testing/claimant';
import { addressRow } from '#testing/rows';
import { startTestApp, type TestApp } from '#testing/test-app';
import { age } from '#testing/time-travel';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
const someone = (password?: string): TestClaimant => new TestClaimant(app, `someone${++people}@example.com`, password);
const row = (claimant: TestClaimant) => addressRow(app.db, claimant.email);
const FIFTY = Array.from({ length: 50 }, (_, index) => index);

describe('truth 7: nobody can keep the owner of the mailbox out', () => {
  test('truth 7: with an owner token the owner supersedes a squatter and is active in two requests', async () => {
    const squatter = someone('the squatter’s password');
    await squatter.register();
    const ownerToken = await squatter.ownerToken();
    const squattersCode = await squatter.code();
    const owner = new TestClaimant(app, squatter.email, 'the owner’s password');
    expect((await owner.register({ owner_token: ownerToken })).status).toBe(202);
    expect((await squatter.activate(squattersCode)).status).toBe(401);
    expect((await owner.activate(await owner.code(2))).status).toBe(200);
  });

  test('truth 7: a squatter who claims again for ever keeps nobody out', async () => {
    const squatter = someone('the squatter’s password');
    await squatter.register();
    const ownerToken = await squatter.ownerToken();
    const owner = new TestClaimant(app, squatter.email, 'the owner’s password');
    const [registered] = await Promise.all([
      owner.register({ owner_token: ownerToken }),
      ...FIFTY.map(() => squatter.register()),
    ]);
    expect(registered.status).toBe(202);
    expect((await owner.activate(await owner.code(2))).status).toBe(200);
  });

  test.each([
    ['in two requests', false],
    ['with the code sent again', true],
  ])('truth 7: fifty squatters who spent the quota and never rest, and a mute: active %s', async (_how, resends) => {
    const squatter = someone('the squatter’s password');
    await squatter.register();
    const owner_token = await squatter.ownerToken();
    await app.db.owner`
      update address_quota set hour_count = 10, day_count = 20 where address_key = ${await squatter.addressKey()}`;
    await app.ask('/v1/registrations/mute', { body: { owner_token, days: 30 } });
    let over = false;
    const squatters = FIFTY.map(async (index) => {
      const rival = new TestClaimant(app, squatter.email, `password number ${index}`);
      while (!over) {
        await rival.register();
        await rival.withdraw();
      }
    });
    const owner = new TestClaimant(app, squatter.email, 'the owner’s password');
    await owner.register({ owner_token });
    if (resends) {
      await age(app.db, owner.email, 16);
      await owner.resend();
    }
    const activated = await owner.activate(await owner.code(resends ? 3 : 2));
    over = true;
    await Promise.all(squatters);
    expect(activated.status).toBe(200);
    expect((await row(owner))?.state).toBe('ACTIVE');
  });

  test('truth 7: a token of another address, or no token at all, is treated as absent', async () => {
    const [ada, bob] = [someone(), someone()];
    await ada.register();
    await bob.register();
    const before = await row(ada);
    for (const owner_token of [await bob.ownerToken(), 'x', '', `${await ada.ownerToken()}A`]) {
      const answer = await new TestClaimant(app, ada.email, 'not the first password').register({ owner_token });
      expect(answer.status).toBe(202);
    }
    expect((await row(ada))?.claimId).toBe(before?.claimId);
  });

  test('truth 7: a wrong password costs no strike, so a stranger cannot burn a claim', async () => {
    const ada = someone();
    await ada.register();
    const code = await ada.code();
    await Promise.all(FIFTY.map(() => ada.activate(wrong(code), 'a stranger’s guess')));
    expect((await row(ada))?.strikes).toBe(0);
    expect((await ada.activate(code)).status).toBe(200);
  });

  test('truth 7: the owner mutes letters of registration, and ends that again', async () => {
    const ada = someone();
    await ada.register();
    const owner_token = await ada.ownerToken();
    await ada.withdraw();
    const mute = (days: number) => app.ask('/v1/registrations/mute', { body: { owner_token, days } });
    expect((await mute(30)).status).toBe(204);
    expect((await ada.register()).status).toBe(202);
    expect(await row(ada)).toBeUndefined();
    expect(await ada.settledLetters()).toHaveLength(1);
    await mute(0);
    await ada.register();
    expect(await ada.settledLetters()).toHaveLength(2);
  });
});
