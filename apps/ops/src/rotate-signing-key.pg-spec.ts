import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { type Ended, runOps } from '#testing/run-ops';

jest.setTimeout(60_000);

const SECRET = 'a secret that is long enough to be one';

let db: TestDatabase;
beforeEach(async () => {
  db = await freshDatabase();
});
afterEach(() => db.drop());

const rotate = (secret = SECRET): Promise<Ended> =>
  runOps(['rotate-signing-key'], { DATABASE_URL: db.appUrl, TROTH_SECRET: secret });

interface Key {
  readonly kid: string;
  readonly signs: boolean;
}

const keys = (): Promise<readonly Key[]> =>
  db.owner<Key[]>`select kid, signs_from <= clock_timestamp() as signs from signing_key order by signs_from`;

test('the first key signs at once, the next one after its notice, and until then there is no third', async () => {
  const first = await rotate();
  expect([first.code, first.err]).toEqual([0, '']);
  expect(await keys()).toEqual([{ kid: /the key (\S+)/.exec(first.out)?.[1], signs: true }]);
  const second = await rotate();
  expect(second.code).toBe(0);
  expect(await keys()).toEqual([expect.anything(), { kid: /the key (\S+)/.exec(second.out)?.[1], signs: false }]);
  const third = await rotate();
  expect([third.code, third.err]).toEqual([1, expect.stringContaining('published already')]);
  expect(await keys()).toHaveLength(2);
});

test('without the secret that the keys at rest were sealed with it changes nothing', async () => {
  await rotate();
  const refused = await rotate('another secret that is long enough');
  expect([refused.code, refused.err]).toEqual([1, expect.stringContaining('TROTH_SECRETS_PREVIOUS')]);
  expect(await keys()).toHaveLength(1);
});
