import { LIMITS, policyName, type Limit } from '#platform/limits/limits';
import { TestClaimant } from '#testing/claimant';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type Ask, type TestApp } from '#testing/test-app';
import { times } from '#testing/turns';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ RATE_LIMIT_SCALE: '1', TRUSTED_PROXIES: '127.0.0.0/8, ::1' });
});
afterAll(() => app.stop());

const limited = () => app.routes.filter(({ isUnlimited }) => !isUnlimited);
const nameOf = ({ method, path }: { method: string; path: string }): string => `${method} ${path}`;

test('every route that does something has a limit per source of its own, and probes alone have none', () => {
  const own = limited().filter(({ limit }) => limit !== undefined);
  expect(Object.fromEntries(own.map((route) => [nameOf(route), route.limit]))).toEqual({
    'POST /v1/registrations': 'registrations',
    'POST /v1/registrations/mute': 'mute',
    'POST /v1/registrations/activation': 'activation',
    'POST /v1/registrations/resend': 'resend',
    'DELETE /v1/registrations': 'withdrawal',
    'POST /v1/sessions': 'sessions',
    'POST /v1/sessions/refresh': 'refresh',
    'POST /v1/sessions/current/reauthentication': 'reauthentication',
    'DELETE /v1/sessions': 'session-ends',
    'DELETE /v1/sessions/current': 'session-ends',
    'DELETE /v1/sessions/:id': 'session-ends',
    'GET /v1/admin/users': 'admin',
    'GET /v1/admin/users/:id': 'admin',
    'PATCH /v1/admin/users/:id': 'admin',
    'POST /v1/admin/users/:id/suspension': 'admin',
    'DELETE /v1/admin/users/:id/suspension': 'admin',
    'DELETE /v1/admin/users/:id': 'admin',
    'DELETE /v1/admin/users/:id/sessions': 'admin',
    'GET /v1/admin/audit-events': 'admin',
    'GET /v1/admin/audit-events/verify': 'admin',
    'POST /v1/password-resets': 'password-resets',
    'POST /v1/password-resets/confirm': 'links',
    'PUT /v1/me/password': 'password-changes',
    'PATCH /v1/me': 'profile-changes',
    'POST /v1/me/email-change': 'email-changes',
    'POST /v1/me/email-change/confirm': 'email-change-codes',
    'DELETE /v1/me/email-change': 'email-change-codes',
    'POST /v1/email-change/revert': 'links',
    'GET /v1/me/export': 'exports',
    'POST /v1/security/not-me': 'links',
    'DELETE /v1/me': 'account-deletion',
    'POST /v1/me/deletion': 'account-deletion',
    'DELETE /v1/me/deletion': 'account-deletion',
    'POST /v1/deletion-receipts/verify': 'receipts',
    'POST /v1/oauth/introspect': 'clients',
    'POST /v1/oauth/revoke': 'clients',
    'POST /letters/owner': 'registrations',
    'POST /letters/owner/activation': 'activation',
    'POST /letters/password-reset': 'links',
    'POST /letters/password-reset/another': 'password-resets',
    'POST /letters/not-me': 'links',
    'POST /letters/email-change-revert': 'links',
  });
  expect(
    limited()
      .filter(({ method, limit }) => method !== 'GET' && limit === undefined)
      .map(nameOf),
  ).toEqual([]);
  const free = app.routes.filter(({ isUnlimited }) => isUnlimited).map(nameOf);
  expect(free.sort()).toEqual([
    'GET /dev/mailbox',
    'GET /dev/mailbox.json',
    'GET /health/live',
    'GET /health/ready',
    'GET /metrics',
  ]);
});

test('on every route one request too many is answered 429 with its policy, and another source is served', async () => {
  for (const [index, route] of limited().entries()) {
    const name = route.limit ?? 'all';
    const first: Limit = LIMITS[name][0];
    const ask = (source: string): Promise<Answer> =>
      app.ask(route.path.replace(/:\w+/g, 'internal'), {
        method: route.method,
        headers: { 'x-forwarded-for': source },
      });
    const source = `198.51.100.${index + 1}`;
    const statuses: number[] = [];
    // Without credentials and fields: what is refused later counts all the same, and costs nothing.
    while (statuses.length < first.limit) {
      const together = Math.min(20, first.limit - statuses.length);
      const answers = await Promise.all(Array.from({ length: together }, () => ask(source)));
      statuses.push(...answers.map(({ status }) => status));
    }
    expect([nameOf(route), statuses.filter((status) => status === 429 || status >= 500)]).toEqual([nameOf(route), []]);
    const { status, headers, body } = await ask(source);
    expect([nameOf(route), status, body]).toMatchObject([nameOf(route), 429, { code: 'rate-limited' }]);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
    const policy = policyName(name, first);
    expect(headers.get('ratelimit-policy')).toContain(`"${policy}";q=${first.limit};w=${first.windowSeconds}`);
    expect(headers.get('ratelimit')).toContain(`"${policy}";r=0;`);
    expect((await ask(`203.0.113.${index + 1}`)).status).not.toBe(429);
  }
  // Some thousands of requests.
}, 120_000);

test('a session that is refreshed more than 30 times a minute has to wait, and is not ended', async () => {
  const claimant = new TestClaimant(app, 'often@example.com');
  await claimant.becomeActive();
  const [busy, other] = [await TestSession.of(app, claimant), await TestSession.of(app, claimant)];
  const from = (n: number): Ask => ({ headers: { 'x-forwarded-for': `198.51.101.${n}` } });
  const refreshes = (await times(31, (n) => busy.refresh(busy.tokens.refresh_token, from(n)))).map(
    ({ status }) => status,
  );
  expect(refreshes.sort()).toEqual([...Array<number>(30).fill(200), 429]);
  const refused = await busy.refresh();
  expect([refused.status, refused.body]).toMatchObject([429, { code: 'rate-limited' }]);
  expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
  expect([await busy.isAlive(), (await other.refresh()).status]).toEqual([true, 200]);
});

describe('when several things are wrong, the first of this list is told', () => {
  const FAULTS = ['413', '415', '400', '429', '401', '422'] as const;
  type Fault = (typeof FAULTS)[number];
  const EXHAUSTED = '192.0.2.1';
  let fresh = 0;

  beforeAll(async () => {
    for (let n = 0; n <= LIMITS.activation[0].limit; n++) await ask(['401'], EXHAUSTED);
  });

  function ask(faults: readonly Fault[], from = `192.0.2.${100 + ++fresh}`): Promise<Answer> {
    const has = (fault: Fault): boolean => faults.includes(fault);
    const field = `"code":"${has('422') ? 'x' : '0000'}"`;
    const body = `{${field}${has('400') ? `,${field}` : ''}}${has('413') ? ' '.repeat(17_000) : ''}`;
    return app.ask('/v1/registrations/activation', {
      method: 'POST',
      body,
      ...(has('401') ? {} : { as: ['nobody@example.com', 'correct horse battery'] as const }),
      headers: {
        'content-type': has('415') ? 'text/plain' : 'application/json',
        'x-forwarded-for': has('429') ? EXHAUSTED : from,
      },
    });
  }

  const pairs = FAULTS.flatMap((first, index) => FAULTS.slice(index).map((second) => [first, second] as const));
  test.each(pairs)('%s before %s', async (first, second) => {
    const answer = await ask([first, second]);
    expect(answer.status).toBe(Number(first));
    expect(answer.body).toMatchObject({ status: Number(first) });
  });
});
