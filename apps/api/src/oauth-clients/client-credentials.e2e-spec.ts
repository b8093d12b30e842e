import { TestClaimant } from '#testing/claimant';
import { TestClient } from '#testing/clients';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { inTurn, times } from '#testing/turns';

const PATHS = ['/v1/oauth/introspect', '/v1/oauth/revoke'] as const;

let app: TestApp;
let client: TestClient;
let session: TestSession;
beforeAll(async () => {
  app = await startTestApp();
  client = await TestClient.of(app);
  const ada = new TestClaimant(app, 'ada@example.com');
  await ada.becomeActive();
  session = await TestSession.of(app, ada);
});
afterAll(() => app.stop());

const withoutInstance = ({ body }: Answer): object => ({ ...(body as object), instance: undefined });

test('whoever is no client gets one answer, and learns and ends nothing', async () => {
  const { access_token: token } = session.tokens;
  const bearer = { authorization: `Bearer ${token}` };
  const other = await TestClient.of(app, 'another service');
  for (const path of PATHS) {
    const answers = [
      await client.post(path, { token }, { as: [client.id, other.key] }),
      await client.post(path, { token }, { as: [client.id, `${client.key}x`] }),
      await client.post(path, { token }, { as: [client.id, ''] }),
      await client.post(path, { token }, { as: ['00000000-0000-0000-0000-000000000000', client.key] }),
      await client.post(path, { token }, { as: ['a service', client.key] }),
      await client.post(path, { token }, { as: [`${client.id}'`, client.key] }),
      await client.post(path, { token }, { as: ['ada@example.com', 'correct horse battery'] }),
      await client.post(path, { token }, { headers: bearer }),
      await app.ask(path, {
        method: 'POST',
        body: `token=${token}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
      await app.ask(path, {
        method: 'POST',
        body: `token=${token}&client_id=${client.id}&client_secret=${client.key}`,
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
      }),
    ];
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([401]));
    expect(new Set(answers.map(({ headers }) => headers.get('www-authenticate')))).toEqual(
      new Set(['Basic realm="troth", charset="UTF-8"']),
    );
    expect(new Set(answers.map((answer) => JSON.stringify(withoutInstance(answer)))).size).toBe(1);
    expect(answers[0]?.body).toMatchObject({ code: 'unauthenticated' });
  }
  expect(await session.isAlive()).toBe(true);
});

test('the id is one in any case', async () => {
  const { status } = await client.post(PATHS[0], { token: 'x' }, { as: [client.id.toUpperCase(), client.key] });
  expect(status).toBe(200);
});

test('other bodies than forms in UTF-8 are refused before the client is asked for', async () => {
  for (const path of PATHS) {
    const post = (body: string, type: string) =>
      client.post(path, {}, { body, headers: { 'content-type': type }, as: ['nobody', 'x'] });
    expect((await post('{"token":"x"}', 'application/json')).status).toBe(415);
    expect((await post('token=%ff', 'application/x-www-form-urlencoded; charset=latin1')).status).toBe(415);
    expect((await post(`token=${'x'.repeat(20_000)}`, 'application/x-www-form-urlencoded')).status).toBe(413);
    expect((await app.ask(path)).status).toBe(405);
  }
});

test('the key is not stored, and its hash opens nothing', async () => {
  const [row] = await app.db.owner<{ row: string; hash: string }[]>`
    select client::text as row, encode(key_hash, 'hex') as hash from client where id = ${client.id}::uuid`;
  expect(row?.row).not.toContain(client.key);
  expect((await client.post(PATHS[0], { token: 'x' }, { as: [client.id, row?.hash ?? ''] })).status).toBe(401);
});

describe('limits of one source', () => {
  let limited: TestApp;
  let asker: TestClient;
  beforeEach(async () => {
    limited = await startTestApp({ RATE_LIMIT_SCALE: '1' }, app.db);
    asker = client.at(limited);
  });
  afterEach(() => limited.stop());

  const wrong = () => asker.post(PATHS[0], { token: 'x' }, { as: [asker.id, 'wrong'] });

  test('after twenty wrong keys the right one is not looked at either', async () => {
    const statuses = (await inTurn(20, wrong)).map(({ status }) => status);
    expect(statuses).toEqual(statuses.map(() => 401));
    for (const answer of [await wrong(), await asker.introspect('x'), await asker.revoke('x')]) {
      expect([answer.status, answer.body]).toMatchObject([429, { code: 'rate-limited' }]);
      expect(Number(answer.headers.get('retry-after'))).toBeGreaterThan(0);
      expect(answer.headers.get('ratelimit')).toContain('"clients-per-15-minutes";r=0;');
    }
  });

  test('whoever has the right key may ask 600 times a minute, any number at once, and other mistakes are no failures', async () => {
    for (let round = 0; round < 5; round++) {
      const answers = await times(100, () => asker.introspect('x'));
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    }
    const mistakes = await times(100, () => asker.introspect(''));
    expect(new Set(mistakes.map(({ status }) => status))).toEqual(new Set([422]));
    const answer = await asker.introspect('x');
    expect(answer.status).toBe(429);
    expect(answer.headers.get('ratelimit')).toContain('"clients-per-minute";r=0;');
    // These do not count under `all`, so that users behind the same source are served.
    expect((await limited.ask('/v1/security/parameters')).status).toBe(200);
  });
});
