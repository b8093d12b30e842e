import { type NextRequest, NextResponse } from 'next/server';

import { dropTokens } from '../../lib/cookies.ts';
import { nextPath } from '../../lib/next-path.ts';
import { isAway, isOver, troth } from '../../lib/troth.ts';

/** A page found the session ended, and pages cannot set cookies. That it has ended the API says: no link can pretend it. */
export async function GET({ nextUrl }: NextRequest): Promise<NextResponse> {
  const [outcome, next] = [await outcomeOfLook(), nextPath(nextUrl.searchParams.get('next'))];
  // A path alone: by what name this server is known outside, it cannot tell for sure.
  const response = new NextResponse(null, { status: 303, headers: { location: WAYS_ON[outcome](next) } });
  if (outcome === 'over') dropTokens(response.cookies);
  return response;
}

const WAYS_ON = {
  alive: (next: string) => next,
  over: (next: string) => `/login?reason=session-ended&next=${encodeURIComponent(next)}`,
  away: (next: string) => `/unavailable?next=${encodeURIComponent(next)}`,
} as const;

async function outcomeOfLook(): Promise<keyof typeof WAYS_ON> {
  try {
    const { api } = await troth();
    await api.GET('/v1/me');
    return 'alive';
  } catch (error) {
    if (isOver(error)) return 'over';
    if (isAway(error)) return 'away';
    throw error;
  }
}
