import { NextResponse } from 'next/server';

import { dropTokens } from '../../lib/cookies.ts';
import { isAway, isOver, troth } from '../../lib/troth.ts';

/** A page found the session ended, and pages cannot set cookies. That it has ended the API says: no link can pretend it. */
export async function GET(): Promise<NextResponse> {
  const outcome = await outcomeOfLook();
  // A path alone: by what name this server is known outside, it cannot tell for sure.
  const response = new NextResponse(null, { status: 303, headers: { location: NEXT[outcome] } });
  if (outcome === 'over') dropTokens(response.cookies);
  return response;
}

const NEXT = { alive: '/account', over: '/login?reason=session-ended', away: '/unavailable?next=/account' } as const;

async function outcomeOfLook(): Promise<keyof typeof NEXT> {
  try {
    await (await troth()).api.GET('/v1/me');
    return 'alive';
  } catch (error) {
    if (isOver(error)) return 'over';
    if (isAway(error)) return 'away';
    throw error;
  }
}
