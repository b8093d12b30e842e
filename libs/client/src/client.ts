import createClient from 'openapi-fetch';

import { ANSWERS, FORMS } from './answer.ts';
import type { Api } from './api.ts';
import { discard, problemOf, type TrothProblem } from './problem.ts';
import type { RetryRule } from './retry.ts';
import type { components, paths } from './schema.ts';
import { inTime, type Send, sender } from './send.ts';
import { SessionKeeper } from './session.ts';
import { unlessAborted } from './signal.ts';
import { KeptTokens, memoryTokens, type Tokens, type TokenStore, lifeOf, tokensOf } from './tokens.ts';

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
  /** Seconds before its end at which an access token is refreshed; 30 by default, and never more than half of its life. */
  readonly leewaySeconds?: number;
  /** How `Retry-After` is heeded; by default twice, up to five seconds each. */
  readonly retry?: RetryRule;
  /** Called when the service has ended the session: the tokens are forgotten by then. */
  readonly onSessionEnd?: (problem: TrothProblem) => void;
}

type Activated = components['schemas']['Activated'];
type AccessToken = components['schemas']['AccessToken'];
type LoginResponse = components['schemas']['LoginResponse'];
type LogIn = components['schemas']['LogInDto'];

/**
 * The Troth API. `api` has every endpoint, typed by path; calls reject with TrothProblem when the service refuses and with
 * TrothUnreachable when nothing answers, so that `data` is what was asked for.
 */
export class Troth {
  readonly api: Api;
  readonly #kept: KeptTokens;
  readonly #keeper: SessionKeeper;

  constructor({ baseUrl, tokens, headers, ...options }: TrothOptions) {
    const root = baseUrl.replace(/\/+$/, '');
    const retry = options.retry ?? { longestSeconds: 5, times: 2 };
    const fetcher: Send = options.fetch ?? ((request) => globalThis.fetch(request));
    const own = sender(inTime(fetcher), retry);
    this.#kept = new KeptTokens(tokens ?? memoryTokens());
    this.#keeper = new SessionKeeper({
      baseUrl: root,
      kept: this.#kept,
      send: (request) => own(withHeaders(request, headers)),
      leewaySeconds: options.leewaySeconds ?? 30,
      onSessionEnd: options.onSessionEnd ?? (() => undefined),
    });
    const client = createClient<paths, 'application/json'>({
      baseUrl: root,
      ...(headers ? { headers } : {}),
      fetch: authenticated(sender(fetcher, retry), this.#keeper),
    });
    client.use(FORMS, ANSWERS);
    // What is refused rejects, so that of the two kinds of answers one is left.
    this.api = client as Api;
  }

  /** Opens a session and keeps its tokens. */
  async logIn(body: LogIn): Promise<LoginResponse> {
    const { data } = await this.api.POST('/v1/sessions', { body });
    await this.#kept.replace(tokensOf(data));
    return data;
  }

  /** Confirms an address with the code of the letter, and keeps the tokens of the session that was asked for. */
  async activate(
    { email, password }: { readonly email: string; readonly password: string },
    body: components['schemas']['ActivateDto'],
  ): Promise<Activated> {
    const headers = { authorization: basicAuthorization(email, password) };
    const { data } = await this.api.POST('/v1/registrations/activation', { body, headers });
    if (data.session !== undefined) await this.#kept.replace(tokensOf(data.session));
    return data;
  }

  /**
   * Shows the password again, which some routes want a short while ago (`reauthentication-required`). The new access token
   * is used from then on.
   */
  async reauthenticate(password: string): Promise<AccessToken> {
    const asked = await this.#kept.read();
    const { data } = await this.api.POST('/v1/sessions/current/reauthentication', { body: { password } });
    const { access_token: accessToken, expires_in: seconds } = data;
    if (accessToken !== undefined)
      await this.#kept.change((kept) =>
        kept !== undefined && kept.sessionId === asked?.sessionId ? { ...kept, accessToken, ...lifeOf(seconds) } : kept,
      );
    return data;
  }

  /** An access token that is good for a while, for a service of your own; undefined: nobody is logged in. */
  async accessToken(): Promise<string | undefined> {
    return (await this.#keeper.fresh())?.accessToken;
  }

  /** Ends the session. The tokens are forgotten at once, also when the service is away; then the call rejects. */
  logOut(): Promise<void> {
    return this.#keeper.logOut();
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

/** Sends with the access token where one is wanted, and once more with another one when it was found too old. */
function authenticated(send: Send, keeper: SessionKeeper): Send {
  return async (request) => {
    if (!wantsAccessToken(request.method, pathOf(request.url)) || request.headers.has('authorization'))
      return send(request);
    const tokens = await unlessAborted(request.signal, keeper.fresh());
    if (tokens === undefined) return send(request);
    const again = request.clone();
    const response = await send(bearing(request, tokens));
    if (response.status !== 401) return response;
    const problem = await problemOf(response.clone());
    if (problem.code === 'session-revoked') await keeper.end(tokens, problem);
    if (problem.code !== 'unauthenticated') return response;
    const others = await unlessAborted(request.signal, keeper.insteadOf(tokens));
    if (others === undefined) return response;
    discard(response);
    return send(bearing(again, others));
  };
}

/** The path of a route, below whatever path the API has. The URL of React Native cannot tell. */
function pathOf(url: string): string {
  const [address = ''] = url.split(/[?#]/, 1);
  return address.slice(address.lastIndexOf('/v1/'));
}

function bearing(request: Request, { accessToken }: Tokens): Request {
  request.headers.set('authorization', `Bearer ${accessToken}`);
  return request;
}

function withHeaders(request: Request, headers: Readonly<Record<string, string>> = {}): Request {
  for (const [name, value] of Object.entries(headers)) if (!request.headers.has(name)) request.headers.set(name, value);
  return request;
}
