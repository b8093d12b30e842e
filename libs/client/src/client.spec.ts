import { memoryTokens, type Tokens, Troth, TrothProblem, TrothUnreachable } from './index.ts';

const JSON_TYPE = { 'content-type': 'application/json' };
const PROBLEM_TYPE = { 'content-type': 'application/problem+json' };

const tokens: Tokens = {
  accessToken: 'access',
  refreshToken: 'refresh',
  sessionId: 'session',
  expiresAt: Date.now() + 3_600_000,
};

/** A client whose service gives these answers, one after another, and the requests that it sent. */
function client(
  answers: readonly (Response | Error)[],
  baseUrl = 'http://troth.test',
  kept: Tokens | undefined = tokens,
) {
  const sent: Request[] = [];
  const left = [...answers];
  const troth = new Troth({
    baseUrl,
    tokens: memoryTokens(kept),
    fetch: (request) => {
      sent.push(request);
      const answer = left.shift() ?? Response.json({});
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
  });
  return { troth, sent };
}

const refusal = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** A body that breaks off, or one that goes on for ever; `cancelled` tells whether somebody gave it up. */
function body(text: string, end: 'cut' | 'open') {
  let isCancelled = false;
  const stream = new ReadableStream({
    start: (controller) => controller.enqueue(new TextEncoder().encode(text)),
    pull: (controller) => {
      if (end === 'cut') controller.error(new TypeError('terminated'));
    },
    cancel: () => {
      isCancelled = true;
    },
  });
  return { stream, isCancelled: () => isCancelled };
}

const bearersOf = (sent: readonly Request[]) => sent.map(({ headers }) => headers.get('authorization'));

describe('the access token', () => {
  afterEach(() => jest.restoreAllMocks());

  test.each(['http://troth.test', 'http://gateway.test/v1/auth', 'http://gateway.test/auth/'])(
    'goes to %s',
    async (baseUrl) => {
      const { troth, sent } = client([], baseUrl);
      await troth.api.GET('/v1/me/activity', { params: { query: { cursor: 'a/v1/b' } } });
      await troth.api.GET('/v1/security/parameters');
      expect(bearersOf(sent)).toEqual(['Bearer access', null]);
    },
  );

  test('needs nothing of URL that React Native lacks', async () => {
    for (const part of ['pathname', 'search', 'host', 'origin', 'searchParams'] as const)
      jest.spyOn(URL.prototype, part, 'get').mockImplementation(() => {
        throw new Error(`URL.${part} is not implemented`);
      });
    const { troth, sent } = client([]);
    await troth.api.GET('/v1/me');
    expect(bearersOf(sent)).toEqual(['Bearer access']);
  });

  test('is there for a service of one’s own', async () => {
    const refreshed = { access_token: 'new', refresh_token: 'r', session_id: 'session', expires_in: 300 };
    expect(await client([]).troth.accessToken()).toBe('access');
    const stale = client([Response.json(refreshed)], undefined, { ...tokens, expiresAt: Date.now() });
    expect(await stale.troth.accessToken()).toBe('new');
    const nobody = new Troth({ baseUrl: 'http://troth.test' });
    expect(await nobody.accessToken()).toBeUndefined();
  });
});

describe('an answer', () => {
  const portal = (): Response =>
    new Response('<h1>Log in to this network</h1>', { headers: { 'content-type': 'text/html' } });

  test('of a portal on the way is unexpected', async () => {
    const error = await refusal(client([portal()]).troth.api.GET('/v1/me'));
    expect(error).toBeInstanceOf(TrothProblem);
    expect(error).toMatchObject({ code: 'unexpected', status: 200 });
  });

  test('of a portal to a refresh is unexpected, and the session stays', async () => {
    const { troth, sent } = client([portal(), portal()], undefined, { ...tokens, expiresAt: Date.now() });
    expect(await refusal(troth.accessToken())).toMatchObject({ code: 'unexpected', status: 200 });
    expect(sent).toHaveLength(2);
  });

  test.each([
    ['that was granted', 200, JSON_TYPE],
    ['that was refused', 422, PROBLEM_TYPE],
  ])('%s and is cut off is none', async (_, status, headers) => {
    const cut = new Response(body('{"code":', 'cut').stream, { status, headers });
    const error = await refusal(client([cut]).troth.api.GET('/v1/me'));
    expect(error).toBeInstanceOf(TrothUnreachable);
    expect(error).toMatchObject({ cause: { message: 'terminated' } });
  });

  test('to a refresh that is cut off is asked for again', async () => {
    const refreshed = { access_token: 'new', refresh_token: 'r', session_id: 'session', expires_in: 300 };
    const cut = new Response(body('{"access', 'cut').stream, { headers: JSON_TYPE });
    const { troth } = client([cut, Response.json(refreshed)], undefined, { ...tokens, expiresAt: Date.now() });
    expect(await troth.accessToken()).toBe('new');
  });

  test('that somebody gave up while it came is what their signal says', async () => {
    const gone = new AbortController();
    const { stream } = body('{', 'open');
    const answer = new Response(stream.pipeThrough(new TransformStream(), { signal: gone.signal }), {
      headers: JSON_TYPE,
    });
    setImmediate(() => gone.abort(new Error('of this test')));
    const error = await refusal(client([answer]).troth.api.GET('/v1/me', { signal: gone.signal }));
    expect(error).toMatchObject({ message: 'of this test' });
  });

  test('that is wanted as a stream is handed on while it comes', async () => {
    const endless = new Response(body('{"user":', 'open').stream, { headers: JSON_TYPE });
    const { data } = await client([endless]).troth.api.GET('/v1/me/export', { parseAs: 'stream' });
    const { value } = await data!.getReader().read();
    expect(new TextDecoder().decode(value)).toBe('{"user":');
  });

  test('without a body has no data', async () => {
    const { troth } = client([new Response(null, { status: 204 }), new Response(null, { status: 304 })]);
    const { data: nothing } = await troth.api.DELETE('/v1/sessions/current');
    const nothingIs: undefined = nothing;
    expect(nothingIs).toBeUndefined();
    const header = { 'If-None-Match': '"1"' };
    const { data: unchanged, response } = await troth.api.GET('/v1/me', { params: { header } });
    // The types know that there may be none, and without an entity tag that there is one.
    expect([unchanged?.email, response.status]).toEqual([undefined, 304]);
    expect((await client([]).troth.api.GET('/v1/me')).data.email).toBeUndefined();
  });

  test.each([
    ['before it is asked for again', { status: 429, headers: { 'retry-after': '0' } }],
    ['that is none of Troth’s', { status: 502 }],
  ])('%s keeps no connection', async (_, init) => {
    const { stream, isCancelled } = body('<h1>', 'open');
    await refusal(client([new Response(stream, init)]).troth.api.GET('/v1/me'));
    expect(isCancelled()).toBe(true);
  });
});

test('a form is sent as one', async () => {
  const { troth, sent } = client([]);
  await troth.api.POST('/v1/oauth/introspect', { body: { token: 'a&b' }, headers: { authorization: 'Basic YTpi' } });
  const [request] = sent;
  expect(request?.headers.get('content-type')).toBe('application/x-www-form-urlencoded');
  expect(await request?.text()).toBe('token=a%26b');
  expect(bearersOf(sent)).toEqual(['Basic YTpi']);
});

describe('Retry-After', () => {
  test.each([
    ['Wed, 21 Oct 2015 07:28:07 GMT', 7],
    ['Wed, 21 Oct 2015 07:27:00 GMT', 0],
    ['12', 12],
    ['-1', undefined],
    ['soon', undefined],
  ])('of %s is %s seconds', async (retryAfter, seconds) => {
    const headers = { ...PROBLEM_TYPE, 'retry-after': retryAfter, date: 'Wed, 21 Oct 2015 07:28:00 GMT' };
    const answer = new Response('{"code":"internal-error"}', { status: 500, headers });
    const error = await refusal(client([answer]).troth.api.GET('/v1/me'));
    expect(error).toMatchObject({ retryAfterSeconds: seconds });
  });
});
