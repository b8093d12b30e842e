import { type NextRequest, NextResponse } from 'next/server';

import { ACCESS, dropTokens, keepTokens, REFRESH } from './lib/cookies.ts';
import { isOver, isStale, refresh } from './lib/refresh.ts';

/** Before every page: a policy for its scripts, and an access token that is good for a while. */
export async function proxy(request: NextRequest): Promise<NextResponse> {
  if (isFromElsewhere(request))
    return new NextResponse('This has to come from a page of this application.', { status: 403 });
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64');
  const policy = contentSecurityPolicy(nonce);
  request.headers.set('content-security-policy', policy);
  // Only this application says what these are.
  request.headers.set('x-nonce', nonce);
  request.headers.set('x-path', request.nextUrl.pathname + request.nextUrl.search);
  request.headers.delete('x-session-over');

  const refreshToken = request.cookies.get(REFRESH)?.value;
  const accessToken = request.cookies.get(ACCESS)?.value;
  const isDue = refreshToken !== undefined && isStale(accessToken);
  const refreshed = isDue ? await refresh(refreshToken, request.headers.get('x-forwarded-for') ?? '') : undefined;
  // The page reads the cookies of the request, the browser those of the response.
  if (refreshed?.kind === 'fresh')
    keepTokens({ set: (name, value) => request.cookies.set(name, value) }, refreshed.tokens);
  if (refreshed?.kind === 'over') {
    request.headers.set('x-session-over', '1');
    for (const name of [ACCESS, REFRESH]) request.cookies.delete(name);
  }
  // A page finds a session that nobody can tell about, not a token that says that there is none.
  if (refreshed?.kind === 'later' && isOver(accessToken)) request.cookies.delete(ACCESS);
  const response = NextResponse.next({ request: { headers: request.headers } });
  if (refreshed?.kind === 'fresh') keepTokens(response.cookies, refreshed.tokens);
  if (refreshed?.kind === 'over') dropTokens(response.cookies);
  response.headers.set('content-security-policy', policy);
  response.headers.set('cache-control', 'private, no-store');
  return response;
}

export const config = {
  // Also before a page that is only looked at in advance: it may be shown later, as it came.
  matcher: '/((?!_next/static|_next/image|favicon.ico|icon.svg).*)',
};

/** Whether another site had the browser send a form: what it changes, only pages of this application may change. */
function isFromElsewhere({ method, headers }: NextRequest): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  const site = headers.get('sec-fetch-site');
  // Browsers that do not say so name the origin, which Next.js compares.
  return site === null ? headers.get('origin') === 'null' : site !== 'same-origin';
}

function contentSecurityPolicy(nonce: string): string {
  // Next.js evaluates texts while it develops.
  const developing = process.env.NODE_ENV === 'development' ? " 'unsafe-eval'" : '';
  return [
    "default-src 'self'",
    `script-src 'self' 'nonce-${nonce}' 'strict-dynamic'${developing}`,
    `style-src 'self' ${developing === '' ? `'nonce-${nonce}'` : "'unsafe-inline'"}`,
    "img-src 'self' data:",
    "font-src 'self'",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
  ].join('; ');
}
