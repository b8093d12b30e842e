import 'server-only';

import { problemOf, Troth, TrothProblem, TrothUnreachable } from '@troth/client';
import { cookies, headers } from 'next/headers';
import { redirect } from 'next/navigation';

import { ACCESS, keepTokens, REFRESH } from './cookies.ts';
import { answeredWithin } from './patience.ts';
import { refresh } from './refresh.ts';
import { ServiceAway, unavailable, wayBack } from './session.ts';
import { TROTH_URL } from './settings.ts';

/** Milliseconds after which a service that does not answer counts as away. */
const PATIENCE = 10_000;

const fetchInTime = answeredWithin(PATIENCE);

/** What a request of the browser brought. */
interface Shown {
  readonly token: string | undefined;
  readonly refreshToken: string | undefined;
  readonly forwardedFor: string;
}

/** The API on behalf of whoever asks: with their access token, if they have one, and from their address. Not for pages. */
export async function troth(send = fetchInTime): Promise<Troth> {
  const shown = await shownTokens();
  return clientFor(shown, shown.token && shown.refreshToken ? refreshing(shown.refreshToken, shown, send) : send);
}

/** The same with the tokens that were shown, and no others: for pages, which could not keep them. */
export async function trothAsShown(): Promise<Troth> {
  return clientFor(await shownTokens(), fetchInTime);
}

async function shownTokens(): Promise<Shown> {
  const [jar, asked] = await Promise.all([cookies(), headers()]);
  const shown = { token: jar.get(ACCESS)?.value, refreshToken: jar.get(REFRESH)?.value };
  // Asked without a token, the API would say that there is no session, and the browser would forget one that is alive.
  if (!shown.token && shown.refreshToken) throw new ServiceAway('the session could not be refreshed');
  return { ...shown, forwardedFor: asked.get('x-forwarded-for') ?? '' };
}

function clientFor({ token, forwardedFor }: Shown, send: typeof fetchInTime): Troth {
  return new Troth({
    baseUrl: TROTH_URL,
    fetch: send,
    retry: { longestSeconds: 2, times: 1 },
    headers: { 'x-forwarded-for': forwardedFor, ...(token ? { authorization: `Bearer ${token}` } : {}) },
  });
}

/**
 * Sends, and once more with another access token when the API finds that of the request not good: by its clock, which may be
 * ahead of this one, it has ended. Only a refresh that is refused shows that the session is over.
 */
function refreshing(refreshToken: string, { forwardedFor }: Shown, send: typeof fetchInTime): typeof fetchInTime {
  return async (request) => {
    const again = request.clone();
    const response = await send(request);
    if (response.status !== 401 || (await problemOf(response.clone())).code !== 'unauthenticated') return response;
    const refreshed = await refresh(refreshToken, forwardedFor);
    if (refreshed.kind === 'later') throw new ServiceAway('the session could not be refreshed');
    if (refreshed.kind !== 'fresh') return response;
    keepTokens(await cookies(), refreshed.tokens);
    again.headers.set('authorization', `Bearer ${refreshed.tokens.access_token}`);
    return send(again);
  };
}

/** The same for what is open to all: it carries no token, and HTTP Basic may stand in its place. */
export async function openTroth(): Promise<Troth> {
  const forwardedFor = (await headers()).get('x-forwarded-for') ?? '';
  return new Troth({ baseUrl: TROTH_URL, fetch: fetchInTime, headers: { 'x-forwarded-for': forwardedFor } });
}

/**
 * Reads for a page. A session that has ended leads to where that is looked at once more, with a refresh, whose tokens a page
 * could not keep; a service that is away or refuses all to the page that says so.
 */
export async function load<Data>(read: (client: Troth) => Promise<{ readonly data: Data }>): Promise<Data> {
  try {
    return (await read(await trothAsShown())).data;
  } catch (error) {
    if (isOver(error)) redirect(`/session-ended?${await wayBack()}`);
    const why = hindranceOf(error);
    if (why !== undefined) return unavailable(why);
    throw error;
  }
}

/** What keeps any page from being shown, as the page has it that says so; undefined: it is about this page. */
function hindranceOf(error: unknown): Readonly<Record<string, string>> | undefined {
  if (!(error instanceof TrothProblem)) return isAway(error) ? {} : undefined;
  const { code, retryAfterSeconds, requestId } = error;
  const wait = retryAfterSeconds === undefined ? {} : { wait: `${retryAfterSeconds}` };
  if (code === 'rate-limited') return { why: 'often', ...wait };
  if (code === 'overloaded') return { why: 'busy', ...wait };
  if (code === 'internal') return { why: 'fault', ...wait, ...(requestId === undefined ? {} : { request: requestId }) };
  return isAway(error) ? {} : undefined;
}

/** Whether the API finds no session behind the access token. */
export function isOver(error: unknown): boolean {
  return saysEnded(error) || (error instanceof TrothProblem && error.code === 'unauthenticated');
}

/** Whether it says that the session has ended, so that no other token will do. */
export function saysEnded(error: unknown): boolean {
  return error instanceof TrothProblem && error.code === 'session-revoked';
}

/** Whether nothing can be told or done because the service is away. */
export function isAway(error: unknown): boolean {
  // What is unexpected is of a proxy or a portal on the way.
  if (error instanceof TrothProblem) return error.status === 503 || error.code === 'unexpected';
  return error instanceof TrothUnreachable || error instanceof ServiceAway;
}
