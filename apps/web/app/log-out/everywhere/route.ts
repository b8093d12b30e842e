import { NextResponse } from 'next/server';

import { dropTokens } from '../../../lib/cookies.ts';
import { isOver, troth } from '../../../lib/troth.ts';

const PAGE = '/account/sessions';
const WAYS_ON = {
  ended: '/login?reason=logged-out',
  over: `/login?reason=session-ended&next=${PAGE}`,
  away: `/unavailable?next=${PAGE}`,
} as const;

/**
 * Ends all sessions of the user, here as well. What is not done is not pretended: elsewhere they would live on. As with the
 * log-out, the browser leaves the document.
 */
export async function POST(): Promise<NextResponse> {
  const outcome = await troth()
    .then(({ api }) => api.DELETE('/v1/sessions'))
    .then(
      () => 'ended' as const,
      (error: unknown) => (isOver(error) ? 'over' : 'away'),
    );
  const response = new NextResponse(null, { status: 303, headers: { location: WAYS_ON[outcome] } });
  if (outcome !== 'away') dropTokens(response.cookies);
  return response;
}
