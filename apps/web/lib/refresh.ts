import { Troth, TrothProblem } from '@troth/client';
import { decodeJwt } from 'jose';

import type { IssuedTokens } from './cookies.ts';
import { TROTH_URL } from './settings.ts';

/** Seconds before its end at which an access token is refreshed: what it goes with takes time as well. */
const LEEWAY_SECONDS = 30;

/** Refusals after which a session cannot come back. Any other failure leaves the cookies as they are. */
const ENDS_SESSION: ReadonlySet<string> = new Set(['invalid-refresh-token', 'session-revoked', 'account-suspended']);

/** What became of a refresh. `later`: the service is away, and the session may be as good as before. */
export type Refreshed = { readonly kind: 'fresh'; readonly tokens: IssuedTokens } | { readonly kind: 'over' | 'later' };

const running = new Map<string, Promise<Refreshed>>();

/** Whether the access token is missing or about to end. That it is genuine is for whoever uses it to verify. */
export function isStale(accessToken: string | undefined): boolean {
  return secondsLeft(accessToken) < LEEWAY_SECONDS;
}

/** Whether nothing can be done with the access token any more. */
export function isOver(accessToken: string | undefined): boolean {
  return secondsLeft(accessToken) <= 0;
}

function secondsLeft(accessToken: string | undefined): number {
  if (accessToken === undefined) return 0;
  try {
    return (decodeJwt(accessToken).exp ?? 0) - Date.now() / 1_000;
  } catch {
    return 0;
  }
}

/** New tokens. Requests that come together share one refresh; those of other processes get the same tokens from the API. */
export function refresh(refreshToken: string, forwardedFor: string): Promise<Refreshed> {
  const known = running.get(refreshToken);
  if (known !== undefined) return known;
  const begun = ask(refreshToken, forwardedFor).finally(() => running.delete(refreshToken));
  running.set(refreshToken, begun);
  return begun;
}

async function ask(refreshToken: string, forwardedFor: string): Promise<Refreshed> {
  const troth = new Troth({ baseUrl: TROTH_URL, headers: { 'x-forwarded-for': forwardedFor } });
  try {
    const { data } = await troth.api.POST('/v1/sessions/refresh', {
      body: { refresh_token: refreshToken },
      signal: AbortSignal.timeout(5_000),
    });
    return { kind: 'fresh', tokens: data };
  } catch (error) {
    return { kind: error instanceof TrothProblem && ENDS_SESSION.has(error.code) ? 'over' : 'later' };
  }
}
