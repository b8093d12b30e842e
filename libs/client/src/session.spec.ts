import { memoryTokens, type Tokens, type TokenStore, Troth, type TrothOptions, TrothUnreachable } from './index.ts';

const MINUTE = 60_000;
const LOG_IN = { email: 'ada@example.com', password: 'correct horse battery' };

const json = (body: unknown, status = 200): Response => Response.json(body, { status });
const problem = (status: number, code: string): Response =>
  new Response(JSON.stringify({ code }), { status, headers: { 'content-type': 'application/problem+json' } });

/** What a service hands out: the generations of a session have names that tell. */
const issued = (session: string, generation: number, seconds = 300) => ({
  access_token: `${session}-access-${generation}`,
  refresh_token: `${session}-refresh-${generation}`,
  session_id: session,
  expires_in: seconds,
  refresh_expires_in: 86_400,
  token_type: 'Bearer',
});

const kept = (session: string, expiresIn = 5 * MINUTE): Tokens => ({
  accessToken: `${session}-access-0`,
  refreshToken: `${session}-refresh-0`,
  sessionId: session,
  expiresAt: Date.now() + expiresIn,
});

/** Something that a test lets happen. */
function gate() {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { opened, open };
}

type Answer = (request: Request) => Response | Promise<Response>;

/** A client of a service that answers as the test says; by default every token is good. */
function client(
  tokens: Tokens | undefined,
  routes: Readonly<Record<string, Answer>>,
  options: Partial<TrothOptions> = {},
) {
  const sent: string[] = [];
  const ended: string[] = [];
  const store: TokenStore = memoryTokens(tokens);
  const all: Readonly<Record<string, Answer>> = {
    'POST /v1/sessions': () => json(issued('b', 0), 201),
    'GET /v1/me': ({ headers }) => json({ bearer: headers.get('authorization') }),
    'DELETE /v1/sessions/current': () => new Response(null, { status: 204 }),
    ...routes,
  };
  const troth = new Troth({
    baseUrl: 'http://troth.test',
    tokens: store,
    fetch: async (request) => {
      const line = `${request.method} ${new URL(request.url).pathname}`;
      sent.push(line);
      return (all[line] ?? (() => problem(404, 'not-found')))(request);
    },
    onSessionEnd: ({ code }) => ended.push(code),
    ...options,
  });
  return { troth, store, sent, ended };
}

const REFRESH = 'POST /v1/sessions/refresh';
const me = async ({ troth }: Pick<ReturnType<typeof client>, 'troth'>): Promise<unknown> =>
  (await troth.api.GET('/v1/me')).data;
const refusal = (work: Promise<unknown>): Promise<unknown> =>
  work.then(
    () => undefined,
    (error: unknown) => error,
  );

/** A service whose refresh waits for the test. */
function slowRefresh(answer: () => Response) {
  const [asked, answered] = [gate(), gate()];
  const route: Answer = async () => {
    asked.open();
    await answered.opened;
    return answer();
  };
  return { route, asked: asked.opened, answer: answered.open };
}

describe('a refresh whose answer comes late', () => {
  test('leaves the session alone that was opened meanwhile, and gives its call none of its tokens', async () => {
    const slow = slowRefresh(() => json(issued('a', 1)));
    const made = client(kept('a', 0), { [REFRESH]: slow.route });
    const call = me(made);
    await slow.asked;
    await made.troth.logIn(LOG_IN);
    slow.answer();
    expect(await call).toEqual({ bearer: null });
    expect(await made.store.read()).toMatchObject({ sessionId: 'b', accessToken: 'b-access-0' });
    expect(await me(made)).toEqual({ bearer: 'Bearer b-access-0' });
  });

  test('brings nothing back after a log-out', async () => {
    const slow = slowRefresh(() => json(issued('a', 1)));
    const made = client(kept('a', MINUTE / 6), { [REFRESH]: slow.route });
    const call = me(made);
    await slow.asked;
    await made.troth.logOut();
    slow.answer();
    await call;
    expect(await made.store.read()).toBeUndefined();
    expect(made.ended).toEqual([]);
  });

  test('brings nothing back after a log-out between its look at a slow store and its writing', async () => {
    const inner = memoryTokens(kept('a', 0));
    const later = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));
    let [isLate, loggedOut] = [false, Promise.resolve()];
    const store: TokenStore = {
      read: async () => {
        const tokens = await inner.read();
        if (made.sent.includes(REFRESH) && !isLate) {
          isLate = true;
          loggedOut = made.troth.logOut();
        }
        return tokens;
      },
      write: async (tokens) => {
        if (tokens !== undefined) for (let turn = 0; turn < 5; turn++) await later();
        await inner.write(tokens);
      },
    };
    const made = client(undefined, { [REFRESH]: () => json(issued('a', 1)) }, { tokens: store });
    await me(made);
    await loggedOut;
    expect([isLate, await inner.read()]).toEqual([true, undefined]);
  });

  test('that refuses the token ends nothing that was opened meanwhile', async () => {
    const slow = slowRefresh(() => problem(401, 'invalid-refresh-token'));
    const made = client(kept('a', 0), { [REFRESH]: slow.route });
    const call = me(made);
    await slow.asked;
    await made.troth.logIn(LOG_IN);
    slow.answer();
    await call;
    expect([made.ended, await made.store.read()]).toEqual([[], expect.objectContaining({ sessionId: 'b' })]);
  });
});

test('a request is not sent again as another user', async () => {
  const [asked, answered] = [gate(), gate()];
  const made = client(kept('a'), {
    'PATCH /v1/me': async () => {
      asked.open();
      await answered.opened;
      return problem(401, 'unauthenticated');
    },
  });
  const call = refusal(made.troth.api.PATCH('/v1/me', { body: { display_name: 'Ada' } }));
  await asked.opened;
  await made.troth.logOut();
  await made.troth.logIn(LOG_IN);
  answered.open();
  expect(await call).toMatchObject({ code: 'unauthenticated' });
  expect(made.sent.filter((line) => line.startsWith('PATCH'))).toHaveLength(1);
});

describe('a refresh that fails for now', () => {
  test.each([
    ['429', () => problem(429, 'rate-limited')],
    ['503', () => problem(503, 'overloaded')],
    ['no answer', () => Promise.reject(new TypeError('fetch failed'))],
  ] as const)('stops no call whose access token is still good: %s', async (_, answer) => {
    const made = client(kept('a', MINUTE / 6), { [REFRESH]: answer });
    expect(await me(made)).toEqual({ bearer: 'Bearer a-access-0' });
    expect(made.sent).toContain(REFRESH);
  });

  test('is told when the access token has ended', async () => {
    const made = client(kept('a', 0), { [REFRESH]: () => problem(429, 'rate-limited') });
    expect(await refusal(me(made))).toMatchObject({ code: 'rate-limited' });
    expect(await made.store.read()).toMatchObject({ refreshToken: 'a-refresh-0' });
  });
});

test('an access token with a short life is not refreshed before half of it is over', async () => {
  const made = client(kept('a', 0), { [REFRESH]: () => json(issued('a', 1, 30)) });
  for (let call = 0; call < 20; call++) await me(made);
  expect(made.sent.filter((line) => line === REFRESH)).toHaveLength(1);
});

describe('a signal', () => {
  test('ends the wait for a refresh, which goes on for the others', async () => {
    const slow = slowRefresh(() => json(issued('a', 1)));
    const made = client(kept('a', 0), { [REFRESH]: slow.route });
    const gone = new AbortController();
    const left = refusal(made.troth.api.GET('/v1/me', { signal: gone.signal }));
    const other = me(made);
    await slow.asked;
    gone.abort(new Error('of this test'));
    expect(await left).toMatchObject({ message: 'of this test' });
    slow.answer();
    expect(await other).toEqual({ bearer: 'Bearer a-access-1' });
  });

  test('ends the wait for the refresh after a refusal', async () => {
    const slow = slowRefresh(() => json(issued('a', 1)));
    const made = client(kept('a'), { [REFRESH]: slow.route, 'GET /v1/me': () => problem(401, 'unauthenticated') });
    const gone = new AbortController();
    const left = refusal(made.troth.api.GET('/v1/me', { signal: gone.signal }));
    await slow.asked;
    gone.abort(new Error('of this test'));
    expect(await left).toMatchObject({ message: 'of this test' });
    slow.answer();
  });
});

describe('a service that never answers', () => {
  afterEach(() => jest.useRealTimers());
  const never: Answer = () => new Promise(() => undefined);

  test('to a refresh is unreachable after a while', async () => {
    jest.useFakeTimers();
    const made = client(kept('a', 0), { [REFRESH]: never });
    const call = refusal(me(made));
    await jest.advanceTimersByTimeAsync(20_000);
    expect(await call).toBeInstanceOf(TrothUnreachable);
    expect(jest.getTimerCount()).toBe(0);
  });

  test('in full to a refresh is unreachable as well', async () => {
    jest.useFakeTimers();
    const half: Answer = () =>
      new Response(new ReadableStream({ start: (body) => body.enqueue(new Uint8Array([123])) }));
    const call = refusal(me(client(kept('a', 0), { [REFRESH]: half })));
    await jest.advanceTimersByTimeAsync(20_000);
    expect(await call).toBeInstanceOf(TrothUnreachable);
  });

  test('to a log-out leaves no tokens behind meanwhile', async () => {
    jest.useFakeTimers();
    const made = client(kept('a'), { 'DELETE /v1/sessions/current': never });
    const call = refusal(made.troth.logOut());
    await jest.advanceTimersByTimeAsync(0);
    expect(await made.store.read()).toBeUndefined();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(await call).toBeInstanceOf(TrothUnreachable);
  });
});

describe('a log-out', () => {
  test('of a session whose access token has ended gets another one to end it', async () => {
    const bearers: (string | null)[] = [];
    const made = client(kept('a', -MINUTE), {
      [REFRESH]: () => json(issued('a', 1)),
      'DELETE /v1/sessions/current': ({ headers }) => {
        bearers.push(headers.get('authorization'));
        return new Response(null, { status: 204 });
      },
    });
    await made.troth.logOut();
    expect([bearers, await made.store.read()]).toEqual([['Bearer a-access-1'], undefined]);
  });

  test('of a session that was ended elsewhere is no news to the application', async () => {
    const made = client(kept('a'), { 'DELETE /v1/sessions/current': () => problem(401, 'session-revoked') });
    await made.troth.logOut();
    expect([made.ended, await made.store.read()]).toEqual([[], undefined]);
  });

  test('forgets what cannot be read', async () => {
    const written: unknown[] = [];
    const store: TokenStore = {
      read: () => Promise.reject(new SyntaxError('of a keychain')),
      write: (tokens) => void written.push(tokens),
    };
    const made = client(undefined, {}, { tokens: store });
    expect(await refusal(made.troth.logOut())).toBeInstanceOf(SyntaxError);
    await made.troth.logIn(LOG_IN);
    expect(written).toEqual([undefined, expect.objectContaining({ sessionId: 'b' })]);
  });
});
