import { TestClaimant, wrong } from '#testing/claimant';
import { addressRow, events, leftovers } from '#testing/rows';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { age } from '#testing/time-travel';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
const someone = (password?: string): TestClaimant => new TestClaimant(app, `someone${++people}@example.com`, password);
const statuses = (answers: readonly Answer[]): number[] => answers.map(({ status }) => status);
const row = (claimant: TestClaimant) => addressRow(app.db, claimant.email);
const FIFTY = Array.from({ length: 50 }, (_, index) => index);

describe('truth 11: a replay changes nothing', () => {
  test('truth 11: fifty activations at once make one account, and all who were right are told the same', async () => {
    const ada = someone();
    await ada.register();
    const code = await ada.code();
    const answers = await Promise.all(FIFTY.map(() => ada.activate(code)));
    expect(new Set(statuses(answers))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ text }) => text)).size).toBe(1);
    const activated = (await events(app.db)).filter((event) => event === 'registration.activated');
    const { accounts } = await leftovers(app.db);
    expect(activated).toHaveLength(accounts ?? 0);
  });

  test('truth 11: the same code is answered again for 60 s, a wrong one or a wrong password never', async () => {
    const ada = someone();
    const first = await ada.becomeActive();
    const code = await ada.code();
    const again = await ada.activate(code);
    expect([again.status, again.text]).toEqual([200, first.text]);
    expect((await ada.activate(wrong(code))).status).toBe(401);
    expect((await ada.activate(code, 'not the right password')).status).toBe(401);
    await age(app.db, ada.email, 61);
    expect((await ada.activate(code)).status).toBe(401);
    expect((await row(ada))?.state).toBe('ACTIVE');
  });

  test('truth 11: a registration sent twice with one key is done once, and another one with that key is a conflict', async () => {
    const ada = someone();
    const key = { 'idempotency-key': 'a key of the client’s own'.replaceAll(/[^\x21-\x7e]/g, '-') };
    const answers = await Promise.all([ada.register({}, key), ada.register({}, key), ada.register({}, key)]);
    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`)).size).toBe(1);
    await ada.withdraw();
    expect((await ada.register({}, key)).status).toBe(202);
    expect(await row(ada)).toBeUndefined();
    const conflict = await ada.register({ username: 'somebody' }, key);
    expect([conflict.status, conflict.body]).toMatchObject([409, { code: 'idempotency-conflict' }]);
  });
});
