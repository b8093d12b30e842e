import { TestClaimant } from '#testing/claimant';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type Ask, type TestApp } from '#testing/test-app';
import { times } from '#testing/turns';
import { workOf } from '#testing/work-of';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
async function someone(fields: Readonly<Record<string, string>> = {}): Promise<TestSession> {
  const ada = new TestClaimant(app, `profile${++people}@example.com`);
  await ada.register(fields);
  if ((await ada.activate(await ada.code())).status !== 200) throw new Error('not active');
  return TestSession.of(app, ada);
}

const patch = (session: TestSession, body: unknown, headers: Ask['headers'] = {}): Promise<Answer> =>
  session.ask('/v1/me', { method: 'PATCH', body, headers });
const read = (session: TestSession, headers: Ask['headers'] = {}): Promise<Answer> =>
  session.ask('/v1/me', { headers });
const tagOf = ({ headers }: Answer): string => headers.get('etag') ?? 'none';
const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown } | undefined)?.code;
const ALL = { username: 'ada.l-1', display_name: 'Ada Lovelace', birthdate: '1915-12-10', locale: 'en-GB' };

describe('PATCH /v1/me', () => {
  test('sets what is sent, leaves the rest, and takes back what is null', async () => {
    const session = await someone({ locale: 'de' });
    const before = (await read(session)).body as Readonly<Record<string, unknown>>;
    const set = await patch(session, ALL);
    expect([set.status, set.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(set.body).toEqual({ ...before, ...ALL, updated_at: expect.any(String) });
    const { updated_at } = set.body as { updated_at: string };
    expect(new Date(updated_at).getTime()).toBeGreaterThan(new Date(before.updated_at as string).getTime());
    expect((await read(session)).body).toEqual(set.body);
    const some = await patch(session, { display_name: null, locale: 'fr' });
    expect(some.body).toMatchObject({ ...ALL, display_name: null, locale: 'fr' });
    const none = await patch(session, { username: null, display_name: null, birthdate: null, locale: null });
    expect(none.body).toEqual({ ...before, locale: null, updated_at: expect.any(String) });
  });

  test.each(['application/json', 'application/merge-patch+json', 'application/merge-patch+json; charset=utf-8'])(
    'takes %s',
    async (type) => {
      const answer = await patch(await someone(), { locale: 'fr' }, { 'content-type': type });
      expect([answer.status, answer.body]).toMatchObject([200, { locale: 'fr' }]);
    },
  );

  test.each(['application/json-patch+json', 'text/plain', 'application/merge-patch+json; charset=latin1'])(
    'does not take %s',
    async (type) => {
      expect((await patch(await someone(), { locale: 'fr' }, { 'content-type': type })).status).toBe(415);
    },
  );

  test('no other method takes a merge patch', async () => {
    const headers = { 'content-type': 'application/merge-patch+json' };
    expect((await app.ask('/v1/sessions', { body: { email: 'a', password: 'b' }, headers })).status).toBe(415);
  });

  test.each([
    [{ id: '01a20d96-fc7a-7d2f-a487-006739ba91f0' }, '/id', 'unknown-field'],
    [{ email: 'eve@example.com' }, '/email', 'unknown-field'],
    [{ roles: ['admin'] }, '/roles', 'unknown-field'],
    [{ mfa_enabled: true }, '/mfa_enabled', 'unknown-field'],
    [{ created_at: '2020-01-01T00:00:00Z' }, '/created_at', 'unknown-field'],
    [{ revision: 1 }, '/revision', 'unknown-field'],
    [{ suspended_at: null }, '/suspended_at', 'unknown-field'],
    [{ displayName: 'Ada' }, '/displayName', 'unknown-field'],
    [{ username: 'Ada' }, '/username', 'matches'],
    [{ username: '' }, '/username', 'matches'],
    [{ username: 7 }, '/username', 'is-string'],
    [{ username: '__proto__' }, '/username', 'matches'],
    [{ locale: 'english' }, '/locale', 'matches'],
    [{ display_name: '  ' }, '/display_name', 'display-name'],
    [{ display_name: 'Ada\nEve' }, '/display_name', 'display-name'],
    [{ display_name: '\u202eadA' }, '/display_name', 'display-name'],
    [{ display_name: '\ud800' }, '/display_name', 'display-name'],
    [{ display_name: 'x'.repeat(101) }, '/display_name', 'display-name'],
    [{ birthdate: '2023-02-29' }, '/birthdate', 'birthdate'],
    [{ birthdate: '1899-12-31' }, '/birthdate', 'birthdate'],
    [{ birthdate: '9999-12-31' }, '/birthdate', 'birthdate'],
    [{ birthdate: '2000-01-01T00:00:00Z' }, '/birthdate', 'birthdate'],
  ])('%j is not valid, and nothing of it is stored', async (wrong, pointer, code) => {
    const session = await someone();
    const before = await read(session);
    const answer = await patch(session, { ...ALL, username: `right${people}`, ...wrong });
    expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer, code }] } });
    const after = await read(session);
    expect([after.body, tagOf(after)]).toEqual([before.body, tagOf(before)]);
  });

  test('whoever is born today can have an account, who will be tomorrow cannot, by the clock of the database', async () => {
    const session = await someone();
    const [clock] = await app.db.owner<{ today: string; tomorrow: string }[]>`
      select (clock_timestamp() at time zone 'UTC')::date::text as today,
             ((clock_timestamp() at time zone 'UTC')::date + 1)::text as tomorrow`;
    expect((await patch(session, { birthdate: clock?.tomorrow })).status).toBe(422);
    expect((await patch(session, { birthdate: clock?.today })).status).toBe(200);
  });

  test('white space around a name is left out, and any script is taken', async () => {
    const session = await someone();
    expect((await patch(session, { display_name: ' \u00a0王芳\t' })).body).toMatchObject({ display_name: '王芳' });
  });

  test('a user name that somebody has is 409, and one that was given back is free', async () => {
    const [ada, bob] = [await someone(), await someone()];
    await patch(ada, { username: 'taken' });
    const refused = await patch(bob, { username: 'taken', display_name: 'Bob' });
    expect([refused.status, codeOf(refused)]).toEqual([409, 'username-taken']);
    expect((await read(bob)).body).toMatchObject({ username: null, display_name: null });
    expect((await patch(ada, { username: 'taken' })).status).toBe(200);
    await patch(ada, { username: null });
    expect((await patch(bob, { username: 'taken' })).status).toBe(200);
  });

  test('of twenty who want one name at once one gets it', async () => {
    const sessions = await times(4, () => someone());
    const answers = await times(20, (n) => patch(sessions[n % 4] ?? ({} as TestSession), { username: 'wanted' }));
    const won = new Set(answers.flatMap(({ status }, n) => (status === 200 ? [n % 4] : [])));
    expect(won.size).toBe(1);
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200, 409]));
  });

  test('the name logs in from then on', async () => {
    const ada = new TestClaimant(app, 'by-name@example.com');
    await ada.becomeActive();
    await patch(await TestSession.of(app, ada), { username: 'by-name' });
    expect((await ada.logIn({ username: 'by-name', email: undefined })).status).toBe(201);
  });

  test('wants an access token, and one of an account that is not suspended', async () => {
    const anonymous = await app.ask('/v1/me', { method: 'PATCH', body: { locale: 'fr' } });
    expect([anonymous.status, codeOf(anonymous)]).toEqual([401, 'unauthenticated']);
    const session = await someone();
    const { id } = (await read(session)).body as { id: string };
    await app.db.owner`update account set suspended_at = clock_timestamp() where id = ${id}::uuid`;
    expect(codeOf(await patch(session, { locale: 'fr' }))).toBe('session-revoked');
  });

  test('costs one statement besides the guard’s, GET none', async () => {
    const session = await someone();
    await session.isAlive();
    expect(await workOf(app, () => patch(session, ALL_BUT_NAME))).toMatchObject({ status: 200, statements: 2 });
    expect(await workOf(app, () => read(session))).toMatchObject({ status: 200, statements: 1 });
    expect(await workOf(app, () => patch(session, { locale: 7 }))).toMatchObject({ status: 422, statements: 1 });
  });
});

const ALL_BUT_NAME = { display_name: 'Ada', birthdate: null, locale: 'en' };

describe('ETag', () => {
  test('names a state: it changes with it, and a patch that changes nothing keeps it', async () => {
    const session = await someone();
    const first = await read(session);
    expect(tagOf(first)).toMatch(/^"\d+-[0-9a-f]{12}"$/);
    for (const nothing of [{}, { username: null }, { display_name: null, birthdate: null }]) {
      const kept = await patch(session, nothing);
      expect([kept.status, tagOf(kept), kept.body]).toEqual([200, tagOf(first), first.body]);
    }
    const changed = await patch(session, { locale: 'fr' });
    expect(tagOf(changed)).not.toBe(tagOf(first));
    expect(tagOf(await read(session))).toBe(tagOf(changed));
    expect(tagOf(await patch(session, { locale: 'fr' }))).toBe(tagOf(changed));
  });

  test('is another one for every user', async () => {
    expect(tagOf(await read(await someone()))).not.toBe(tagOf(await read(await someone())));
  });

  test('a patch with If-Match is made for the state that it names alone', async () => {
    const session = await someone();
    const stale = tagOf(await read(session));
    const fresh = tagOf(await patch(session, { locale: 'fr' }));
    const foreign = tagOf(await read(await someone()));
    for (const condition of [stale, `W/${fresh}`, '"x"', foreign, '""', `${stale}, W/${fresh} ,"other"`]) {
      const refused = await patch(session, { locale: 'de' }, { 'if-match': condition });
      expect([condition, refused.status, codeOf(refused)]).toEqual([condition, 412, 'precondition-failed']);
    }
    expect((await read(session)).body).toMatchObject({ locale: 'fr' });
    expect((await patch(session, {}, { 'if-match': stale })).status).toBe(412);
    expect((await patch(session, { display_name: 'Ada' }, { 'if-match': '*' })).status).toBe(200);
    const newest = tagOf(await read(session));
    expect((await patch(session, { locale: 'de' }, { 'if-match': `"x", ${newest}` })).status).toBe(200);
  });

  test.each(['', 'x', '"x', 'x"', 'w/"x"', 'W/ "x"', '"a" "b"', '"a";"b"', '*, "a"', ',', '"a\u00e9', "'a'"])(
    'If-Match: %s is malformed, whoever asks and whatever is sent',
    async (condition) => {
      const session = await someone();
      const answer = await patch(session, { locale: 7 }, { 'if-match': condition });
      expect([answer.status, codeOf(answer)]).toEqual([400, 'malformed-request']);
      const anonymous = { method: 'PATCH', body: {}, headers: { 'if-match': condition } };
      expect((await app.ask('/v1/me', anonymous)).status).toBe(400);
    },
  );

  test('of twenty patches of one state at once one is made', async () => {
    const session = await someone();
    const tag = tagOf(await read(session));
    const answers = await times(20, (n) => patch(session, { display_name: `the ${n}th` }, { 'if-match': tag }));
    const statuses = answers.map(({ status }) => status).sort();
    expect(statuses).toEqual([200, ...Array<number>(19).fill(412)]);
    const won = answers.find(({ status }) => status === 200);
    expect((await read(session)).body).toEqual(won?.body);
  });

  test('GET with If-None-Match is 304 without a body while nothing has changed', async () => {
    const session = await someone();
    const tag = tagOf(await read(session));
    for (const known of [tag, `W/${tag}`, `"x", ${tag}`, '*']) {
      const { status, text, headers } = await read(session, { 'if-none-match': known });
      expect([known, status, text, headers.get('etag')]).toEqual([known, 304, '', tag]);
      expect(headers.get('cache-control')).toBe('no-store');
    }
    await patch(session, { locale: 'fr' });
    expect((await read(session, { 'if-none-match': tag })).status).toBe(200);
    expect((await read(session, { 'if-none-match': 'x' })).status).toBe(400);
    expect((await app.ask('/v1/me', { headers: { 'if-none-match': tag } })).status).toBe(401);
  });
});

test('a page of WEB_ORIGINS may patch with its cookies, read the ETag, and ask for it; no other page may', async () => {
  const origin = 'https://web.example.com';
  const web = await startTestApp({ WEB_ORIGINS: origin }, app.db);
  try {
    const ada = new TestClaimant(web, 'cookies@example.com');
    await ada.becomeActive();
    const logged = await ada.logIn({}, { origin, 'troth-transport': 'cookie' });
    const cookie = logged.headers
      .getSetCookie()
      .map((one) => one.split(';')[0])
      .join('; ');
    const ask = (from: string) =>
      web.ask('/v1/me', { method: 'PATCH', body: { locale: 'fr' }, headers: { cookie, origin: from } });
    const answer = await ask(origin);
    expect([answer.status, answer.body]).toMatchObject([200, { locale: 'fr' }]);
    expect(answer.headers.get('access-control-expose-headers')).toContain('etag');
    const foreign = await ask('https://evil.example.net');
    expect([foreign.status, codeOf(foreign)]).toEqual([403, 'forbidden']);
    const preflight = await web.ask('/v1/me', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'PATCH', 'access-control-request-headers': 'if-match' },
    });
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(preflight.headers.get('access-control-allow-headers')).toContain('if-match');
  } finally {
    await web.stop();
  }
});
