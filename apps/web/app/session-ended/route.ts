import { type NextRequest, NextResponse } from 'next/server';

import { ACCESS, DELETED, dropTokens, REFRESH } from '../../lib/cookies.ts';
import { nextPath } from '../../lib/next-path.ts';
import { isOver, saysEnded, trothAsShown } from '../../lib/troth.ts';

/** A page found the session ended, and pages cannot set cookies. That it has ended the API says: no link can pretend it. */
export async function GET({ nextUrl, cookies }: NextRequest): Promise<NextResponse> {
  const [outcome, next] = [await outcomeOfLook(), nextPath(nextUrl.searchParams.get('next'))];
  // Only a refresh that is refused shows that the session is over: without its access token the browser gets one on its way.
  const isOnlyRefused = outcome === 'refused' && Boolean(cookies.get(REFRESH)?.value);
  // A path alone: by what name this server is known outside, it cannot tell for sure.
  const location = WAYS_ON[isOnlyRefused ? 'alive' : outcome](next);
  const response = new NextResponse(null, { status: 303, headers: { location } });
  if (isOnlyRefused) response.cookies.set(ACCESS, '', DELETED);
  else if (outcome === 'over' || outcome === 'refused') dropTokens(response.cookies);
  return response;
}

/** Where a form without a script comes that ended the session: the page that shows what came of it leads here as it was sent. */
export const POST = GET;

const toLogIn = (next: string): string => `/login?reason=session-ended&next=${encodeURIComponent(next)}`;

const WAYS_ON = {
  alive: (next: string) => next,
  refused: toLogIn,
  over: toLogIn,
  away: (next: string) => `/unavailable?next=${encodeURIComponent(next)}`,
} as const;

async function outcomeOfLook(): Promise<keyof typeof WAYS_ON> {
  try {
    const { api } = await trothAsShown();
    await api.GET('/v1/me');
    return 'alive';
  } catch (error) {
    if (saysEnded(error)) return 'over';
    // Whatever else is said, a limit among it: nobody can tell.
    return isOver(error) ? 'refused' : 'away';
  }
}
