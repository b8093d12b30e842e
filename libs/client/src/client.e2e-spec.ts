import { openAdmin } from '#testing/admins';
import { TestClaimant } from '#testing/claimant';
import { FaultProxy } from '#testing/fault-proxy';
import { startTestApp, type TestApp } from '#testing/test-app';
import { ageSession } from '#testing/time-travel';
import { times } from '#testing/turns';

import { memoryTokens, type Tokens, Troth, type TrothOptions, TrothProblem, TrothUnreachable } from './index.ts';

const PASSWORD = 'correct horse battery';

let app: TestApp;
beforeAll(async () => {
  // Without a grace each refresh rotates, however soon it comes.
  app = await startTestApp({ REFRESH_GRACE_SECONDS: '0' });
});
afterAll(() => app.stop());

let people = 0;
const somebody = (): TestClaimant => new TestClaimant(app, `client${++people}@example.com`);

/** A client whose requests are noted, and the tokens that it keeps. */
function client(options: Partial<TrothOptions> = {}) {
  const sent: string[] = [];
  const ended: string[] = [];
  const tokens = memoryTokens();
  const troth = new Troth({
    baseUrl: app.url,
    tokens,
    fetch: (request) => {
      sent.push(`${request.method} ${new URL(request.url).pathname}`);
      return fetch(request);
    },
    onSessionEnd: ({ code }) => ended.push(code),
    ...options,
  });
  return { troth, tokens, sent, ended, kept: async (): Promise<Tokens | undefined> => tokens.read() };
}

async function loggedIn(options: Partial<TrothOptions> = {}) {
  const who = somebody();
  await who.becomeActive();
  const made = client(options);
  await made.troth.logIn({ email: who.email, password: who.password });
  return { ...made, who };
}

/** Makes the tokens that are kept look as if the access token were about to end. */
async function tire({ tokens, kept }: Pick<Awaited<ReturnType<typeof loggedIn>>, 'tokens' | 'kept'>): Promise<void> {
  const now = await kept();
  await tokens.write(now && { ...now, expiresAt: Date.now() + 1_000 });
}

const refusal = async (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

test('from the registration to the log-out', async () => {
  const who = somebody();
  const { troth, kept } = client();
  const { data: asked } = await troth.api.POST('/v1/registrations', { body: { email: who.email, password: PASSWORD } });
  expect(asked.expires_in).toBe(60);
  const activated = await troth.activate(
    { email: who.email, password: PASSWORD },
    { code: await who.code(), create_session: true },
  );
  expect(activated.user.email).toBe(who.email);
  const { data: me } = await troth.api.GET('/v1/me');
  expect(me).toEqual(activated.user);
  await troth.logOut();
  expect(await kept()).toBeUndefined();
  expect(await refusal(troth.api.GET('/v1/me'))).toMatchObject({ code: 'unauthenticated', status: 401 });
});

describe('a refusal', () => {
  test('is an error with its code, the request’s id and the fields that are not valid', async () => {
    const { troth } = client();
    const error = await refusal(troth.api.POST('/v1/registrations', { body: { email: 'x', password: PASSWORD } }));
    expect(error).toBeInstanceOf(TrothProblem);
    expect(error).toMatchObject({
      code: 'validation-failed',
      status: 422,
      requestId: expect.stringMatching(/./),
      errors: [expect.objectContaining({ pointer: '/email' })],
    });
  });

  test('that is none of Troth’s is unexpected', async () => {
    const fetcher = () => Promise.resolve(new Response('<h1>Bad Gateway</h1>', { status: 502 }));
    const error = await refusal(client({ fetch: fetcher }).troth.api.GET('/v1/security/parameters'));
    expect(error).toMatchObject({ name: 'TrothProblem', code: 'unexpected', status: 502, errors: [] });
  });

  test('tells when to come again', async () => {
    const headers = { 'retry-after': '60', 'content-type': 'application/problem+json' };
    const fetcher = () => Promise.resolve(new Response('{"code":"rate-limited"}', { status: 429, headers }));
    const error = await refusal(client({ fetch: fetcher }).troth.api.GET('/v1/security/parameters'));
    expect(error).toMatchObject({ code: 'rate-limited', retryAfterSeconds: 60 });
  });
});

describe('the session', () => {
  test('is refreshed before it ends, once for twenty calls at a time', async () => {
    const made = await loggedIn();
    const before = await made.kept();
    await tire(made);
    made.sent.length = 0;
    const answers = await times(20, () => made.troth.api.GET('/v1/me'));
    expect(new Set(answers.map(({ data }) => data.email))).toEqual(new Set([made.who.email]));
    expect(made.sent.filter((line) => line.endsWith('/refresh'))).toHaveLength(1);
    expect((await made.kept())?.refreshToken).not.toBe(before?.refreshToken);
  });

  test('is refreshed when the service finds the access token too old', async () => {
    const made = await loggedIn();
    const now = await made.kept();
    await made.tokens.write(now && { ...now, accessToken: `${now.accessToken.slice(0, -4)}AAAA` });
    made.sent.length = 0;
    const { data } = await made.troth.api.PATCH('/v1/me', {
      body: { display_name: 'Ada' },
      headers: { 'content-type': 'application/merge-patch+json' },
    });
    expect(data.display_name).toBe('Ada');
    expect(made.sent).toEqual(['PATCH /v1/me', 'POST /v1/sessions/refresh', 'PATCH /v1/me']);
  });

  test('is authenticated anew by the password where a route wants that', async () => {
    const made = await loggedIn();
    await ageSession(app.db, (await made.kept())?.sessionId ?? '', 301);
    await tire(made);
    const body = { new_email: somebody().email };
    const change = (): Promise<unknown> => made.troth.api.POST('/v1/me/email-change', { body });
    expect(await refusal(change())).toMatchObject({ code: 'reauthentication-required' });
    expect(await refusal(made.troth.reauthenticate('not the password'))).toMatchObject({ code: 'invalid-credentials' });
    await made.troth.reauthenticate(made.who.password);
    await change();
    expect(made.sent.filter((line) => line.endsWith('/refresh'))).toHaveLength(1);
  });

  test('that was ended elsewhere is forgotten, and its application is told', async () => {
    const made = await loggedIn();
    const elsewhere = await loggedIn();
    await elsewhere.troth.logIn({ email: made.who.email, password: made.who.password });
    await elsewhere.troth.api.DELETE('/v1/sessions');
    expect(await refusal(made.troth.api.GET('/v1/me'))).toMatchObject({ code: 'session-revoked' });
    expect([made.ended, await made.kept()]).toEqual([['session-revoked'], undefined]);
  });

  test('whose refresh is refused is forgotten, and the call is refused', async () => {
    const made = await loggedIn();
    await app.db.owner`delete from session where id = ${(await made.kept())?.sessionId ?? ''}::uuid`;
    await tire(made);
    expect(await refusal(made.troth.api.GET('/v1/me'))).toMatchObject({ code: 'unauthenticated' });
    expect([made.ended, await made.kept()]).toEqual([['session-revoked'], undefined]);
  });

  test('outlives a service that does not answer', async () => {
    const proxy = await FaultProxy.before(app.url);
    try {
      const made = await loggedIn({ baseUrl: proxy.through(app.url) });
      proxy.fault = 'hang-up';
      await tire(made);
      expect(await refusal(made.troth.api.GET('/v1/me'))).toBeInstanceOf(TrothUnreachable);
      expect([made.ended, await made.kept()]).toEqual([[], expect.anything()]);
      proxy.fault = 'none';
      expect((await made.troth.api.GET('/v1/me')).data.email).toBe(made.who.email);
    } finally {
      await proxy.close();
    }
  });

  test('survives the loss of the answer to a refresh', async () => {
    let lost = 0;
    const fetcher = async (request: Request): Promise<Response> => {
      const response = await fetch(request);
      if (!request.url.endsWith('/refresh') || lost++ > 0) return response;
      throw new TypeError('fetch failed');
    };
    const made = await loggedIn({ fetch: fetcher });
    await tire(made);
    expect((await made.troth.api.GET('/v1/me')).data.email).toBe(made.who.email);
    expect([lost, made.ended]).toEqual([2, []]);
  });

  test('is forgotten at a log-out when the service is away, and the caller is told', async () => {
    const made = await loggedIn();
    const now = await made.kept();
    const away = client({ fetch: () => Promise.reject(new TypeError('fetch failed')) });
    await away.tokens.write(now);
    expect(await refusal(away.troth.logOut())).toBeInstanceOf(TrothUnreachable);
    expect(await away.kept()).toBeUndefined();
  });
});

test('administration is typed like the rest', async () => {
  const { who } = await openAdmin(app, `admin${++people}@example.com`);
  const { troth } = client();
  await troth.logIn({ email: who.email, password: who.password });
  const { data: page } = await troth.api.GET('/v1/admin/users', { params: { query: { email: who.email } } });
  expect(page.data.map(({ roles }) => roles)).toEqual([['admin']]);
  const unknown = { params: { path: { id: '01a20d96-fc7a-7d2f-a487-006739ba91f0' } } };
  expect(await refusal(troth.api.GET('/v1/admin/users/{id}', unknown))).toMatchObject({ code: 'not-found' });
});

describe('Retry-After', () => {
  const answers = (...statuses: readonly number[]) => {
    const asked: string[] = [];
    const left = [...statuses];
    const fetcher = async (request: Request): Promise<Response> => {
      asked.push(await request.text());
      const status = left.shift() ?? 200;
      return new Response('{}', { status, headers: { 'retry-after': '0', 'content-type': 'application/json' } });
    };
    return { asked, fetcher };
  };
  const body = { email: 'ada@example.com', password: PASSWORD };

  test.each([
    [429, 'POST', 2],
    [503, 'POST', 1],
    [500, 'GET', 1],
    [503, 'GET', 2],
  ] as const)('of %s to %s sends it %s times', async (status, method, requests) => {
    const { asked, fetcher } = answers(status);
    const { troth } = client({ fetch: fetcher });
    const call =
      method === 'GET' ? troth.api.GET('/v1/privacy/inventory') : troth.api.POST('/v1/registrations', { body });
    await refusal(call);
    expect(asked).toHaveLength(requests);
    expect(new Set(asked)).toEqual(new Set([method === 'GET' ? '' : JSON.stringify(body)]));
  });

  test('is heeded for a while, and then told', async () => {
    const { asked, fetcher } = answers(503, 503, 503, 503);
    const { troth } = client({ fetch: fetcher });
    expect(await refusal(troth.api.GET('/v1/privacy/inventory'))).toMatchObject({ status: 503, retryAfterSeconds: 0 });
    expect(asked).toHaveLength(3);
  });

  test('a signal ends the wait', async () => {
    const headers = { 'retry-after': '5' };
    const gone = new AbortController();
    const fetcher = () => {
      setImmediate(() => {
        gone.abort(new Error('of this test'));
      });
      return Promise.resolve(new Response(null, { status: 429, headers }));
    };
    const { troth } = client({ fetch: fetcher });
    const error = await refusal(troth.api.GET('/v1/privacy/inventory', { signal: gone.signal }));
    expect(error).toMatchObject({ message: 'of this test' });
  });
});
