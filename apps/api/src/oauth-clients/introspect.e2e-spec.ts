import { TestClaimant } from '#testing/claimant';
import { TestClient } from '#testing/clients';
import { decodeJwt } from '#testing/jwt';
import { TestSession, type Tokens } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { ageSession } from '#testing/time-travel';
import { times } from '#testing/turns';

let app: TestApp;
let client: TestClient;
beforeAll(async () => {
  app = await startTestApp({ REFRESH_GRACE_SECONDS: '0' });
  client = await TestClient.of(app);
});
afterAll(() => app.stop());

let nth = 0;
async function loggedIn(): Promise<TestSession> {
  const claimant = new TestClaimant(app, `user${++nth}@example.com`);
  const { status, text } = await claimant.becomeActive();
  if (status !== 200) throw new Error(text);
  return TestSession.of(app, claimant);
}

const INACTIVE = { active: false };
/** The row of a session, as far as its use shows in it. */
const rowOf = async ({ id }: TestSession): Promise<unknown> =>
  app.db.owner`select * from session where id = ${id}::uuid`;

function isInactive(answer: Answer): void {
  expect([answer.status, answer.body]).toEqual([200, INACTIVE]);
}

test('an access token is told with what it says, and the roles that the account has now', async () => {
  const session = await loggedIn();
  await app.db
    .owner`update account set roles = '{admin}' where id = (select account_id from session where id = ${session.id}::uuid)`;
  const { iss, aud, sub, sid, iat, exp, auth_time, amr } = decodeJwt(session.tokens.access_token);
  const answer = await client.introspect(session.tokens.access_token);
  expect(answer.status).toBe(200);
  expect(answer.headers.get('cache-control')).toBe('no-store');
  expect(answer.body).toEqual({
    active: true,
    token_type: 'Bearer',
    ...{ iss, aud, sub, sid, iat, exp, auth_time, amr },
    roles: ['admin'],
  });
});

test('a refresh token is told as one', async () => {
  const session = await loggedIn();
  const { iat, exp } = decodeJwt(session.tokens.refresh_token);
  const { iss, sub, sid, auth_time, amr } = decodeJwt(session.tokens.access_token);
  const { status, body } = await client.introspect(session.tokens.refresh_token);
  expect([status, body]).toEqual([
    200,
    { active: true, token_type: 'refresh_token', iss, aud: iss, sub, sid, iat, exp, auth_time, amr, roles: [] },
  ]);
});

test('hints and unknown parameters change nothing', async () => {
  const { tokens } = await loggedIn();
  const [access, refresh] = [
    await client.introspect(tokens.access_token),
    await client.introspect(tokens.refresh_token),
  ];
  for (const token_type_hint of ['access_token', 'refresh_token', 'pat', '']) {
    const more = { token_type_hint, resource: 'https://api.example.com' };
    expect((await client.introspect(tokens.access_token, more)).body).toEqual(access.body);
    expect((await client.introspect(tokens.refresh_token, more)).body).toEqual(refresh.body);
  }
});

test('asking is no use: it marks no generation, rotates nothing, and a lost answer is still given again', async () => {
  const session = await loggedIn();
  const next = (await session.refresh()).body as Tokens;
  const before = await rowOf(session);
  for (const token of [next.access_token, next.refresh_token, session.tokens.refresh_token])
    await client.introspect(token);
  expect(await rowOf(session)).toEqual(before);
  const again = await session.refresh();
  expect([again.status, (again.body as Tokens).refresh_token]).toEqual([200, next.refresh_token]);
});

test('of refresh tokens the current one alone is active', async () => {
  const session = await loggedIn();
  const [former] = [session.tokens];
  await session.renew();
  isInactive(await client.introspect(former.refresh_token));
  expect((await client.introspect(session.tokens.refresh_token)).body).toMatchObject({ active: true });
  // Both open what they open: a session has any number of access tokens.
  for (const { access_token } of [former, session.tokens])
    expect((await client.introspect(access_token)).body).toMatchObject({ active: true });
});

test.each<[string, (session: TestSession) => Promise<unknown>]>([
  ['was ended by its user', (session) => session.ask('/v1/sessions/current', { method: 'DELETE' })],
  ['was ended with all others', (session) => session.ask('/v1/sessions', { method: 'DELETE' })],
  ['was not refreshed for 14 days', ({ id }) => ageSession(app.db, id, 14 * 86_400)],
  [
    'is of a suspended account',
    ({ id }) =>
      app.db.owner`
        update account set suspended_at = clock_timestamp() where id = (select account_id from session where id = ${id}::uuid)`,
  ],
])('no token of a session is active that %s, on any replica', async (_, end) => {
  const session = await loggedIn();
  const { access_token, refresh_token } = session.tokens;
  // From here on no letter is sent, which it might keep in a mailbox of its own.
  const replica = await startTestApp({}, app.db);
  try {
    expect((await client.at(replica).introspect(access_token)).body).toMatchObject({ active: true });
    await end(session);
    for (const token of [access_token, refresh_token])
      for (const at of [app, replica]) isInactive(await client.at(at).introspect(token));
  } finally {
    await replica.stop();
  }
});

test('an access token that has expired by the clock of the database is not active', async () => {
  const { tokens } = await loggedIn();
  const short = await startTestApp({ ACCESS_TOKEN_SECONDS: '60' }, app.db);
  try {
    const { AccessTokens } = await import('#platform/tokens/access-tokens');
    const { sub, sid } = decodeJwt(tokens.access_token);
    const [clock] = await app.db.owner<{ at: Date }[]>`select clock_timestamp() as at`;
    const signedAgo = (seconds: number): string => {
      const at = new Date((clock?.at.getTime() ?? 0) - seconds * 1_000);
      const session = { sessionId: String(sid), accountId: String(sub), generation: 1, amr: ['pwd'], roles: [] };
      return short
        .get(AccessTokens)
        .sign({ ...session, issuedAt: at, refreshUntil: at, authenticatedAt: at }, { at, authenticatedAt: at });
    };
    isInactive(await client.introspect(signedAgo(61)));
    expect((await client.introspect(signedAgo(30))).body).toMatchObject({ active: true });
  } finally {
    await short.stop();
  }
});

test('any other text is inactive', async () => {
  const { tokens } = await loggedIn();
  const { access_token, device_token } = tokens;
  const texts = [
    'x',
    'null',
    '%',
    'ü',
    '\0',
    'a.b.c',
    'x'.repeat(15_000),
    device_token,
    `${access_token}x`,
    ` ${access_token}`,
  ];
  for (const text of texts) isInactive(await client.introspect(text));
});

test('it takes two statements at most, and a client that is refused one', async () => {
  const { tokens } = await loggedIn();
  await client.introspect(tokens.access_token);
  for (const [token, most] of [
    [tokens.access_token, 2],
    [tokens.refresh_token, 2],
    ['x', 1],
  ] as const) {
    app.statements();
    await client.introspect(token);
    expect(app.statements().filter((text) => !text.includes('letter'))).toHaveLength(most);
  }
  for (const as of [
    [client.id, 'wrong'],
    ['00000000-0000-7000-8000-000000000000', client.key],
    ['nobody', client.key],
  ] as const) {
    app.statements();
    expect((await client.post('/v1/oauth/introspect', { token: tokens.access_token }, { as })).status).toBe(401);
    expect(app.statements().filter((text) => !text.includes('letter'))).toHaveLength(1);
  }
});

test('without a token there is nothing to tell', async () => {
  for (const fields of [{}, { token: '' }, { token_type_hint: 'access_token' }])
    expect(await client.post('/v1/oauth/introspect', fields)).toMatchObject({
      status: 422,
      body: { code: 'validation-failed', errors: [{ pointer: '/token' }] },
    });
});

test('a hundred at once are answered', async () => {
  const { tokens } = await loggedIn();
  const answers = await times(100, () => client.introspect(tokens.access_token));
  expect(answers.filter(({ status }) => status !== 200)).toEqual([]);
});
