import { type NextRequest, NextResponse } from 'next/server';

import { ACCESS, dropTokens, type IssuedTokens, keepTokens, REFRESH } from './lib/cookies.ts';
import { mayHandOver } from './lib/hand-over.ts';
import { isSpent, isStale, refresh } from './lib/refresh.ts';
import { areReplyParts, isArgumentList } from './lib/reply-parts.ts';

const NOT_STORED = 'private, no-store';

/** Before every page: a policy for its scripts, and an access token that is good for a while. */
export async function proxy(request: NextRequest): Promise<NextResponse> {
  if (isFromElsewhere(request))
    return new NextResponse('This has to come from a page of this application.', { status: 403 });
  if (!(await isReadable(request))) return new NextResponse('This is no form.', { status: 400 });
  if (isSentToLogIn(request)) return documentOnly();
  const refreshToken = request.cookies.get(REFRESH)?.value;
  const accessToken = request.cookies.get(ACCESS)?.value;
  // A cookie that was deleted a moment ago is empty here.
  const isDue = refreshToken && isStale(accessToken);
  // What Next.js asks of itself loses cookies on the way. Without that page the browser asks for it.
  if (isDue && request.headers.has('x-from-within')) return documentOnly();
  const refreshed = isDue ? await refresh(refreshToken, request.headers.get('x-forwarded-for') ?? '') : undefined;
  if (isDue && refreshed?.kind === 'fresh' && mayHandOver(refreshToken, refreshed.tokens))
    return handOver(request, refreshed.tokens);
  // A page finds a session that nobody can tell about, not a token that says that there is none.
  if (isDue && isSpent(accessToken)) request.cookies.delete(ACCESS);
  return page(request, refreshed?.kind === 'over');
}

/** Whether a form, if that is what comes, can be read. Of one that cannot, Next.js would say that the fault is its own. */
async function isReadable(request: NextRequest): Promise<boolean> {
  const isCall = request.headers.has('next-action');
  if (!/^multipart\/form-data\b/i.test(request.headers.get('content-type') ?? ''))
    return !isCall || isArgumentList(await request.text());
  return request.formData().then(
    (form) => areReplyParts(form, isCall),
    () => false,
  );
}

/** Whether the router goes where somebody without a session is sent. Its document remembers the pages of who had one: it has to go. */
function isSentToLogIn({ headers, nextUrl: { pathname, searchParams } }: NextRequest): boolean {
  return headers.has('rsc') && pathname === '/login' && (searchParams.has('reason') || searchParams.has('next'));
}

/** Whatever is no page of its own makes the router leave its document for that address. */
function documentOnly(): NextResponse {
  return new NextResponse('There is a document at this address.', { headers: { 'cache-control': NOT_STORED } });
}

/**
 * Gives a browser new tokens, and nothing else: it asks again with them (RFC 9110, 15.4.8: by the same method, with the same
 * body). Were they used before it has them, and this answer lost, the old ones would look like those of a thief.
 */
function handOver(request: NextRequest, tokens: IssuedTokens): NextResponse {
  const response = NextResponse.redirect(request.url, 307);
  keepTokens(response.cookies, tokens);
  response.headers.set('cache-control', NOT_STORED);
  return response;
}

function page(request: NextRequest, hasEnded: boolean): NextResponse {
  const nonce = Buffer.from(crypto.getRandomValues(new Uint8Array(16))).toString('base64');
  const policy = contentSecurityPolicy(nonce);
  request.headers.set('content-security-policy', policy);
  // Only this application says what these are.
  request.headers.set('x-path', pathOf(request));
  request.headers.delete('x-session-over');
  if (hasEnded) {
    request.headers.set('x-session-over', '1');
    for (const name of [ACCESS, REFRESH]) request.cookies.delete(name);
  }
  const response = NextResponse.next({ request: { headers: request.headers } });
  if (hasEnded) dropTokens(response.cookies);
  response.headers.set('content-security-policy', policy);
  response.headers.set('cache-control', NOT_STORED);
  return response;
}

// What the router of Next.js adds to the query is not for the address bar.
function pathOf({ nextUrl }: NextRequest): string {
  const url = new URL(nextUrl.href);
  url.searchParams.delete('_rsc');
  return url.pathname + url.search;
}

export const config = {
  // Also before a page that is only looked at in advance: it may be shown later, as it came.
  matcher: '/((?!_next/static|favicon.ico|icon.svg).*)',
};

/**
 * Whether another site had the browser send a form: what it changes, only pages of this application may change. A browser says
 * one at least of where a form comes from and from what origin; Next.js compares the latter too, but for actions alone.
 */
function isFromElsewhere({ method, headers }: NextRequest): boolean {
  if (method === 'GET' || method === 'HEAD') return false;
  const [site, origin] = [headers.get('sec-fetch-site'), headers.get('origin')];
  if (site === null && origin === null) return true;
  return (site ?? 'same-origin') !== 'same-origin' || (origin !== null && hostOf(origin) !== ownHost(headers));
}

const hostOf = (origin: string): string => (URL.canParse(origin) ? new URL(origin).host : '');

/** As Next.js judges it for actions. */
function ownHost(headers: Headers): string | null {
  const forwarded = headers.get('x-forwarded-host')?.split(',')[0]?.trim() ?? '';
  return forwarded === '' ? headers.get('host') : forwarded;
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
