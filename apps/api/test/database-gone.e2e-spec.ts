import { eventually } from '#testing/eventually';
import { FaultProxy, type Fault } from '#testing/fault-proxy';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';

/** Two seconds are promised; the machines that run this are shared. The bounds themselves are tested with the driver. */
const PATIENCE_MS = 3_000;

let db: TestDatabase;
let proxy: FaultProxy;
let app: TestApp;
beforeAll(async () => {
  db = await freshDatabase();
  proxy = await FaultProxy.before(db.appUrl);
  app = await startTestApp({ DATABASE_URL: proxy.through(db.appUrl), DATABASE_POOL: '4' }, db);
});
afterAll(async () => {
  await app.stop();
  await proxy.close();
  await db.drop();
});

const CREDENTIALS = ['ada@example.com', 'correct horse battery'] as const;
const [email, password] = CREDENTIALS;
const REQUESTS: Readonly<Record<string, () => Promise<Answer>>> = {
  registration: () => app.ask('/v1/registrations', { body: { email, password } }),
  activation: () => app.ask('/v1/registrations/activation', { body: { code: '0000' }, as: CREDENTIALS }),
  readiness: () => app.ask('/health/ready'),
};

/** The status of each, asked at once. */
async function askAll(names = Object.keys(REQUESTS)): Promise<Readonly<Record<string, number>>> {
  const asked = Object.entries(REQUESTS).filter(([name]) => names.includes(name));
  const answers = asked.map(async ([name, ask]) => {
    const began = performance.now();
    const { status, headers, body } = await ask();
    expect([name, performance.now() - began < PATIENCE_MS]).toEqual([name, true]);
    if (status === 503) {
      expect([name, headers.get('retry-after')]).toEqual([name, expect.stringMatching(/^\d+$/)]);
      expect(body).toMatchObject({ code: 'overloaded' });
    }
    return [name, status] as const;
  });
  return Object.fromEntries(await Promise.all(answers));
}

const isReady = async (): Promise<boolean> => (await app.ask('/health/ready')).status === 200;
const itIsReady = (wanted: boolean): Promise<true> =>
  eventually(async () => ((await isReady()) === wanted ? true : undefined));

afterEach(async () => {
  proxy.fault = 'none';
  await itIsReady(true);
});

test.each<[string, Fault, boolean]>([
  ['refuses connections', 'refuse', true],
  ['hangs up', 'hang-up', true],
  ['is a black hole for connections that are there, and for new ones', 'swallow', false],
  ['takes what it is sent and never replies', 'swallow-replies', false],
])(
  'while the database %s, every request is answered 503 in time, and all is well as soon as it is back',
  async (_what, fault, cuts) => {
    expect(await askAll()).toEqual({ registration: 202, activation: 401, readiness: 200 });
    proxy.fault = fault;
    if (cuts) proxy.cut();
    expect(await askAll(['registration', 'activation'])).toEqual({ registration: 503, activation: 503 });
    // For half a second it stands by what it saw before.
    await itIsReady(false);
    expect(await askAll()).toEqual({ registration: 503, activation: 503, readiness: 503 });
    proxy.fault = 'none';
    const back = performance.now();
    await itIsReady(true);
    expect(performance.now() - back).toBeLessThan(PATIENCE_MS);
    expect(await askAll()).toEqual({ registration: 202, activation: 401, readiness: 200 });
  },
);
