import { WATCHES } from '#data/retention-report';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { type Ended, runOps } from '#testing/run-ops';

jest.setTimeout(60_000);

let db: TestDatabase;
beforeEach(async () => {
  db = await freshDatabase();
});
afterEach(() => db.drop());

const report = (settings: Readonly<Record<string, string>> = {}): Promise<Ended> =>
  runOps(['retention-report'], { DATABASE_URL: db.appUrl, ...settings });
const lines = (mutes: number): string =>
  WATCHES.map(({ table, column }) => `${table}.${column}: ${table === 'registration_mute' ? mutes : 0}\n`)
    .sort()
    .join('');
const sorted = (text: string): string =>
  text
    .split(/(?<=\n)/)
    .sort()
    .join('');

test('with nothing past its date it says so of every table, and ends with status 0', async () => {
  const { code, out, err } = await report();
  const [last = '', ...counts] = out.trimEnd().split('\n').reverse();
  expect([code, err, last]).toEqual([0, '', 'No row is past its date by more than 15 seconds.']);
  expect(sorted(`${counts.join('\n')}\n`)).toBe(lines(0));
});

test('what the job has left is counted, and the status is 1; what it has time for is not', async () => {
  await db.owner`
    insert into registration_mute (address_key, muted_until)
    select int4send(n), clock_timestamp() - n * interval '1 minute' from generate_series(0, 7) as n`;
  const { code, out, err } = await report();
  expect([code, err]).toEqual([1, '7 rows are past their date by more than 15 seconds.\n']);
  expect(sorted(out)).toBe(lines(7));
  expect(await report({ PURGE_INTERVAL_SECONDS: '200' })).toMatchObject({
    code: 1,
    err: '4 rows are past their date by more than 205 seconds.\n',
  });
  await runOps(['purge'], { DATABASE_URL: db.appUrl });
  expect((await report()).code).toBe(0);
});
