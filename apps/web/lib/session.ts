import 'server-only';

import { createRemoteJWKSet, jwtVerify } from 'jose';
import { cookies, headers } from 'next/headers';
import { redirect } from 'next/navigation';
import { cache } from 'react';

import { ACCESS, REFRESH } from './cookies.ts';
import { TROTH_AUDIENCE, TROTH_ISSUER, TROTH_URL } from './settings.ts';

/** Who is logged in, as the access token says. */
export interface Session {
  readonly accessToken: string;
  readonly userId: string;
  readonly isAdmin: boolean;
}

/** The API cannot be reached, so that nobody knows whether the session is good. */
export class ServiceAway extends Error {
  override readonly name = 'ServiceAway';
}

const keys = createRemoteJWKSet(new URL(`${TROTH_URL}/.well-known/jwks.json`));

/** The session of this request; undefined: nobody is logged in. Verified here, by the key set: it costs the API nothing. */
export const currentSession = cache(async (): Promise<Session | undefined> => {
  const jar = await cookies();
  const accessToken = jar.get(ACCESS)?.value;
  if (accessToken === undefined || accessToken === '') {
    // The proxy would have refreshed it. A cookie that it deleted is empty here.
    if (jar.get(REFRESH)?.value) throw new ServiceAway('the session could not be refreshed');
    return undefined;
  }
  try {
    const { payload } = await jwtVerify(accessToken, keys, {
      algorithms: ['ES256'],
      typ: 'at+jwt',
      issuer: TROTH_ISSUER,
      audience: TROTH_AUDIENCE,
    });
    const { sub = '', roles } = payload;
    const isAdmin = Array.isArray(roles) && roles.includes('admin');
    return { accessToken, userId: sub, isAdmin };
  } catch (error) {
    if (isAboutNetwork(error)) throw new ServiceAway('the key set cannot be read', { cause: error });
    return undefined;
  }
});

/** The path that was asked for, as the query of a page that leads back to it. */
export async function wayBack(): Promise<string> {
  return `next=${encodeURIComponent((await headers()).get('x-path') ?? '/account')}`;
}

/** Leads to the page that says that the service is away, or why else nothing can be shown, and from there back here. */
export async function unavailable(why: Readonly<Record<string, string>> = {}): Promise<never> {
  const more = new URLSearchParams(why).toString();
  redirect(`/unavailable?${await wayBack()}${more && `&${more}`}`);
}

/** The session of this request, for pages that look different with one; while nobody can tell, they are not shown. */
export async function knownSession(): Promise<Session | undefined> {
  try {
    return await currentSession();
  } catch (error) {
    if (error instanceof ServiceAway) return unavailable();
    throw error;
  }
}

/** The same for pages that are for users alone: all others are sent to log in, and come back. */
export async function requireSession(): Promise<Session> {
  const session = await knownSession();
  if (session !== undefined) return session;
  const reason = (await headers()).has('x-session-over') ? 'reason=session-ended&' : '';
  redirect(`/login?${reason}${await wayBack()}`);
}

/** Where those go who are no administrators. */
export const NO_ADMIN = '/account?reason=no-admin';

/** The same for administrators. That the API refuses all others is what counts; this spares them a page of refusals. */
export async function requireAdmin(): Promise<Session> {
  const session = await requireSession();
  if (!session.isAdmin) redirect(NO_ADMIN);
  return session;
}

// jose has codes for tokens that are not good; what comes of the network has others, or none.
function isAboutNetwork(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  return !/^ERR_(?:JWT|JWS|JWKS_(?:NO|MULTIPLE)_MATCHING_KEY|JOSE_(?:ALG|NOT_SUPPORTED))/.test(code);
}
