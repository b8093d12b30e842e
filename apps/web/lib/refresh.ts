import { endsSession, leewaySecondsOf, Troth } from '@troth/client';
import { decodeJwt } from 'jose';

import type { IssuedTokens } from './cookies.ts';
import { answeredWithin } from './patience.ts';
import { TROTH_URL } from './settings.ts';

/** Milliseconds after which the service counts as away. */
const PATIENCE = 5_000;

/** What became of a refresh. `later`: the service is away, and the session may be as good as before. */
export type Refreshed = { readonly kind: 'fresh'; readonly tokens: IssuedTokens } | { readonly kind: 'over' | 'later' };

const running = new Map<string, Promise<Refreshed>>();

/** Whether the access token is missing or about to end. That it is genuine is for whoever uses it to verify. */
export function isStale(accessToken: string | undefined): boolean {
  const { secondsLeft, lifeSeconds } = timesOf(accessToken);
  return secondsLeft < leewaySecondsOf(lifeSeconds);
}

/** Whether nothing can be done with the access token any more. */
export function isSpent(accessToken: string | undefined): boolean {
  return timesOf(accessToken).secondsLeft <= 0;
}

function timesOf(accessToken: string | undefined): { readonly secondsLeft: number; readonly lifeSeconds?: number } {
  try {
    const { exp = 0, iat } = decodeJwt(accessToken ?? '');
    return { secondsLeft: exp - Date.now() / 1_000, ...(iat === undefined ? {} : { lifeSeconds: exp - iat }) };
  } catch {
    return { secondsLeft: 0 };
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
  const headers = { 'x-forwarded-for': forwardedFor };
  const troth = new Troth({ baseUrl: TROTH_URL, headers, fetch: answeredWithin(PATIENCE) });
  try {
    const { data } = await troth.api.POST('/v1/sessions/refresh', { body: { refresh_token: refreshToken } });
    return { kind: 'fresh', tokens: data };
  } catch (error) {
    return { kind: endsSession(error) ? 'over' : 'later' };
  }
}
