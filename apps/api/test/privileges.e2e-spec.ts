import { openAdmin, openUser, setAdmin } from '#testing/admins';
import { documentedRoutes, type DocumentedRoute } from '#testing/documented-routes';
import type { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { ageSession } from '#testing/time-travel';

const routes = documentedRoutes();

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

/** Routes that are open to anybody. Whoever adds one adds it here. */
const OPEN = [
  'GET /.well-known/jwks.json',
  'GET /health/live',
  'GET /health/ready',
  'GET /problems/{code}',
  'GET /v1/privacy/inventory',
  'GET /v1/privacy/retention',
  'GET /v1/security/parameters',
  'POST /v1/deletion-receipts/verify',
  'POST /v1/email-change/revert',
  'POST /v1/password-resets',
  'POST /v1/password-resets/confirm',
  'POST /v1/registrations',
  'POST /v1/registrations/mute',
  'POST /v1/security/not-me',
  'POST /v1/sessions',
  'POST /v1/sessions/refresh',
];

const NOWHERE = '00000000-0000-7000-8000-000000000000';

const nameOf = ({ method, path }: DocumentedRoute): string => `${method} ${path}`;
const codeOf = ({ status, body }: Answer): string => `${status} ${(body as { code?: string } | undefined)?.code ?? ''}`;

/** Asks a route for what is not there, with a body that no rule of a field would let pass. */
function askOf({ method, path, fields }: DocumentedRoute, authorization?: string): Promise<Answer> {
  return app.ask(path.replaceAll(/\{\w+\}/g, NOWHERE), {
    method,
    ...(fields === undefined ? {} : { body: {} }),
    headers: authorization === undefined ? {} : { authorization },
  });
}

async function codesOf(some: readonly DocumentedRoute[], authorization?: string): Promise<Record<string, string>> {
  const codes: Record<string, string> = {};
  for (const route of some) codes[nameOf(route)] = codeOf(await askOf(route, authorization));
  return codes;
}

const all = (some: readonly DocumentedRoute[], code: string): Record<string, string> =>
  Object.fromEntries(some.map((route) => [nameOf(route), code]));

const sessionOf = async (email: string): Promise<TestSession> => (await openUser(app, email)).session;

const bearer = ({ tokens }: TestSession): string => `Bearer ${tokens.access_token}`;

test('the routes that anybody may ask are those listed here', () => {
  const open = routes.filter(({ access }) => access === 'anybody').map(nameOf);
  expect(open.toSorted()).toEqual(OPEN);
});

test('all others are closed to whoever shows nothing, another scheme, or a token that is none', async () => {
  const closed = routes.filter(({ access }) => access !== 'anybody');
  expect(closed.length).toBeGreaterThan(10);
  const sessions = closed.filter(({ access }) => access === 'session' || access === 'admin');
  expect(await codesOf(closed)).toEqual(all(closed, '401 unauthenticated'));
  expect(await codesOf(sessions, 'Basic YTpi')).toEqual(all(sessions, '401 unauthenticated'));
  expect(await codesOf(closed, 'Bearer a.b.c')).toEqual(all(closed, '401 unauthenticated'));
});

describe('a token that was good', () => {
  test('opens nothing once its session has ended', async () => {
    const session = await sessionOf('ended@example.com');
    expect((await session.ask('/v1/sessions/current', { method: 'DELETE' })).status).toBe(204);
    const closed = routes.filter(({ access }) => access === 'session' || access === 'admin');
    expect(await codesOf(closed, bearer(session))).toEqual(all(closed, '401 session-revoked'));
  });

  test('opens nothing once its account is suspended', async () => {
    const session = await sessionOf('suspended@example.com');
    await app.db.owner`
      update account set suspended_at = clock_timestamp()
       where id = (select account_id from address where email = 'suspended@example.com')`;
    const closed = routes.filter(({ access }) => access === 'session' || access === 'admin');
    expect(await codesOf(closed, bearer(session))).toEqual(all(closed, '401 session-revoked'));
  });

  test('opens no route that wants a recent authentication after five minutes, and all others', async () => {
    const session = await sessionOf('stale@example.com');
    await ageSession(app.db, session.id, 400);
    await session.renew();
    const steppedUp = routes.filter(({ isSteppedUp, access }) => isSteppedUp && access === 'session');
    expect(steppedUp.length).toBeGreaterThan(0);
    expect(await codesOf(steppedUp, bearer(session))).toEqual(all(steppedUp, '401 reauthentication-required'));
    expect((await session.ask('/v1/me')).status).toBe(200);
  });
});

describe('the routes of administrators', () => {
  const ofAdmins = routes.filter(({ access }) => access === 'admin');

  test('are closed to users, and to whoever was an administrator a request ago', async () => {
    expect(ofAdmins.length).toBeGreaterThan(5);
    const { session, id } = await openUser(app, 'plain@example.com');
    expect(await codesOf(ofAdmins, bearer(session))).toEqual(all(ofAdmins, '403 forbidden'));
    await setAdmin(app, id);
    expect((await session.ask('/v1/admin/users')).status).toBe(200);
    await setAdmin(app, id, false);
    expect(await codesOf(ofAdmins, bearer(session))).toEqual(all(ofAdmins, '403 forbidden'));
  });

  test('change nothing without a recent authentication', async () => {
    const { session } = await openAdmin(app, 'long-ago@example.com');
    await ageSession(app.db, session.id, 400);
    await session.renew();
    const changing = ofAdmins.filter(({ method }) => method !== 'GET');
    expect(changing.filter(({ isSteppedUp }) => !isSteppedUp)).toEqual([]);
    expect(await codesOf(changing, bearer(session))).toEqual(all(changing, '401 reauthentication-required'));
  });
});

test("a user's token opens no route of clients and none of claimants", async () => {
  const session = await sessionOf('user@example.com');
  const others = routes.filter(({ access }) => access === 'client' || access === 'basic');
  expect(others.length).toBeGreaterThan(0);
  expect(await codesOf(others, bearer(session))).toEqual(all(others, '401 unauthenticated'));
});
