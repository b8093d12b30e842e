import { OWNER_TOKEN_DAYS } from '#domain/quota';
import { KeyRing } from '#platform/keys/key-ring';
import { TestClaimant } from '#testing/claimant';
import { addressRow } from '#testing/rows';
import { startTestApp, type TestApp } from '#testing/test-app';
import { setClock } from '#testing/time-travel';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());
afterEach(() => jest.useRealTimers());

let people = 0;
const someone = (): TestClaimant => new TestClaimant(app, `drifter${++people}@example.com`);

/** Today in the database, in days since 1970. */
async function today(): Promise<number> {
  const [row] = await app.db.owner<{ day: number }[]>`
    select floor(extract(epoch from clock_timestamp()) / 86400)::int as day`;
  return row!.day;
}

/** An owner token of the claimant's address that was made so many days ago, by the database's calendar. */
async function tokenOf({ email }: TestClaimant, daysAgo: number): Promise<string> {
  const keys = app.get(KeyRing);
  return keys.ownerToken(keys.addressKey(email), (await today()) - daysAgo);
}

/** Whether a registration that presents the token takes the address from whoever claimed it. */
async function supersedes(squatter: TestClaimant, owner_token: string): Promise<boolean> {
  const before = await addressRow(app.db, squatter.email);
  await new TestClaimant(app, squatter.email, 'the owner’s password').register({ owner_token });
  return (await addressRow(app.db, squatter.email))?.claimId !== before?.claimId;
}

/** Whether the token mutes its address. */
async function mutes(claimant: TestClaimant, owner_token: string): Promise<boolean> {
  await app.ask('/v1/registrations/mute', { body: { owner_token, days: 1 } });
  await claimant.register();
  return (await addressRow(app.db, claimant.email)) === undefined;
}

// The last two put another day on the application's calendar than on the database's: midnight UTC lies between them.
describe.each<[string, (now: number) => number]>([
  ['an hour behind', (now) => now - HOUR_MS],
  ['an hour ahead', (now) => now + HOUR_MS],
  ['half an hour before the midnight that was', (now) => now - (now % DAY_MS) - HOUR_MS / 2],
  ['half an hour behind the midnight to come', (now) => now - (now % DAY_MS) + DAY_MS + HOUR_MS / 2],
])('failure 1: with the application’s clock %s', (_, moved) => {
  const drift = (): void => setClock(moved(Date.now()) - Date.now());

  test('failure 1: the token of a letter opens registration and mute at once', async () => {
    drift();
    const squatter = someone();
    await squatter.register();
    expect(await supersedes(squatter, await squatter.ownerToken())).toBe(true);
    const muted = someone();
    await muted.register();
    const token = await muted.ownerToken();
    await muted.withdraw();
    expect(await mutes(muted, token)).toBe(true);
  });

  test('failure 1: a token is valid on its day and the seven days after it, of the database’s calendar', async () => {
    drift();
    for (const [daysAgo, isValid] of [
      [-1, false],
      [0, true],
      [OWNER_TOKEN_DAYS, true],
      [OWNER_TOKEN_DAYS + 1, false],
    ] as const) {
      const squatter = someone();
      await squatter.register();
      expect([daysAgo, await supersedes(squatter, await tokenOf(squatter, daysAgo))]).toEqual([daysAgo, isValid]);
      const stranger = someone();
      expect([daysAgo, await mutes(stranger, await tokenOf(stranger, daysAgo))]).toEqual([daysAgo, isValid]);
    }
  });

  test('failure 1: a mute ends by the database’s clock', async () => {
    drift();
    const ada = someone();
    expect(await mutes(ada, await tokenOf(ada, 0))).toBe(true);
    await app.db.owner`update registration_mute set muted_until = clock_timestamp() + interval '5 minutes'`;
    await ada.register();
    expect(await addressRow(app.db, ada.email)).toBeUndefined();
    await app.db.owner`update registration_mute set muted_until = clock_timestamp()`;
    await ada.register();
    expect((await addressRow(app.db, ada.email))?.state).toBe('CLAIMED');
  });
});
