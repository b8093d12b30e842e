import createClient, { type Middleware } from 'openapi-fetch';

import type { Api } from './api.ts';
import { problemOf, TrothProblem, TrothUnreachable } from './problem.ts';
import { type RetryRule, sendWithRetries } from './retry.ts';
import type { components, paths } from './schema.ts';
import { SessionKeeper } from './session.ts';
import { memoryTokens, type TokenStore, tokensOf } from './tokens.ts';

/** How a client is made. */
export interface TrothOptions {
  /** Where the API is: `https://auth.example.com`. */
  readonly baseUrl: string;
  /** Where tokens are kept; by default in memory. */
  readonly tokens?: TokenStore;
  /** The fetch that is used; by default the global one. */
  readonly fetch?: (request: Request) => Promise<Response>;
  /** Sent with every request. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Seconds before its end at which an access token is refreshed; 30 by default. */
  readonly leewaySeconds?: number;
  /** How `Retry-After` is heeded; by default twice, up to five seconds each. */
  readonly retry?: RetryRule;
  /** Called when the service has ended the session: the tokens are forgotten by then. */
  readonly onSessionEnd?: (problem: TrothProblem) => void;
}

type Activated = components['schemas']['Activated'];
type LoginResponse = components['schemas']['LoginResponse'];
type LogIn = components['schemas']['LogInDto'];

/**
 * The Troth API. `api` has every endpoint, typed by path; calls reject with TrothProblem when the service refuses and with
 * TrothUnreachable when nothing answers, so that `data` is what was asked for.
 */
export class Troth {
  readonly api: Api;
  readonly #tokens: TokenStore;

  constructor({ baseUrl, tokens, headers, ...options }: TrothOptions) {
    const root = baseUrl.replace(/\/+$/, '');
    const retry = options.retry ?? { longestSeconds: 5, times: 2 };
    const send = sender(options.fetch ?? ((request) => globalThis.fetch(request)), retry);
    this.#tokens = tokens ?? memoryTokens();
    const keeper = new SessionKeeper(
      root,
      this.#tokens,
      (request) => send(withHeaders(request, headers)),
      options.leewaySeconds ?? 30,
      options.onSessionEnd ?? (() => undefined),
    );
    const client = createClient<paths, 'application/json'>({
      baseUrl: root,
      ...(headers ? { headers } : {}),
      fetch: authenticated(send, keeper),
    });
    client.use(REFUSALS);
    // What is refused rejects, so that of the two kinds of answers one is left.
    this.api = client as Api;
  }

  /** Opens a session and keeps its tokens. */
  async logIn(body: LogIn): Promise<LoginResponse> {
    const { data } = await this.api.POST('/v1/sessions', { body });
    await this.#tokens.write(tokensOf(data));
    return data;
  }

  /** Confirms an address with the code of the letter, and keeps the tokens of the session that was asked for. */
  async activate(
    { email, password }: { readonly email: string; readonly password: string },
    body: components['schemas']['ActivateDto'],
  ): Promise<Activated> {
    const headers = { authorization: basicAuthorization(email, password) };
    const { data } = await this.api.POST('/v1/registrations/activation', { body, headers });
    if (data.session !== undefined) await this.#tokens.write(tokensOf(data.session));
    return data;
  }

  /** Ends the session. The tokens are forgotten in any case, also when the service is away; then its call rejects. */
  async logOut(): Promise<void> {
    try {
      if ((await this.#tokens.read()) !== undefined) await this.api.DELETE('/v1/sessions/current');
    } catch (error) {
      if (!(error instanceof TrothProblem) || error.status !== 401) throw error;
    } finally {
      await this.#tokens.write(undefined);
    }
  }
}

/** The value of an `Authorization` header for HTTP Basic (RFC 7617), in UTF-8. */
export function basicAuthorization(email: string, password: string): string {
  const bytes = new TextEncoder().encode(`${email}:${password}`);
  return `Basic ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`;
}

/** Whether a route wants an access token, by its path and method: OpenAPI says the same, and a test compares. */
export function wantsAccessToken(method: string, pathname: string): boolean {
  if (/^\/v1\/(?:me|admin)(?:\/|$)/.test(pathname)) return true;
  if (!/^\/v1\/sessions(?:\/|$)/.test(pathname)) return false;
  return !(method === 'POST' && /^\/v1\/sessions(?:\/refresh)?$/.test(pathname));
}

const REFUSALS: Middleware = {
  onResponse: async ({ response }) => {
    if (!response.ok && response.status !== 304) throw await problemOf(response);
  },
};

function sender(fetcher: (request: Request) => Promise<Response>, retry: RetryRule) {
  return (request: Request): Promise<Response> =>
    sendWithRetries(request, retry, async (once) => {
      try {
        return await fetcher(once);
      } catch (error) {
        // Whoever gave a signal wants its own reason.
        if (once.signal.aborted) throw error;
        throw new TrothUnreachable(error);
      }
    });
}

/** Sends with the access token where one is wanted, and once more with another one when it was found too old. */
function authenticated(send: (request: Request) => Promise<Response>, keeper: SessionKeeper) {
  return async (request: Request): Promise<Response> => {
    const { pathname } = new URL(request.url);
    const wants = wantsAccessToken(request.method, pathname.slice(pathname.indexOf('/v1/')));
    if (!wants || request.headers.has('authorization')) return send(request);
    const token = await keeper.accessToken();
    if (token === undefined) return send(request);
    const again = request.clone();
    request.headers.set('authorization', `Bearer ${token}`);
    const response = await send(request);
    if (response.status !== 401) return response;
    const problem = await problemOf(response.clone());
    if (problem.code === 'session-revoked') await keeper.end(token, problem);
    const other = problem.code === 'unauthenticated' ? await keeper.insteadOf(token) : undefined;
    if (other === undefined) return response;
    again.headers.set('authorization', `Bearer ${other}`);
    return send(again);
  };
}

function withHeaders(request: Request, headers: Readonly<Record<string, string>> = {}): Request {
  for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
  return request;
}
