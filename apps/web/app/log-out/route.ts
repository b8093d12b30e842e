import { NextResponse } from 'next/server';

import { dropTokens } from '../../lib/cookies.ts';
import { troth } from '../../lib/troth.ts';

/**
 * Ends the session. The browser forgets it also when the API is away; then it ends by itself, two weeks later at most. No
 * server action: the browser leaves the document, and with it all that scripts hold of the account.
 */
export async function POST(): Promise<NextResponse> {
  await troth()
    .then(({ api }) => api.DELETE('/v1/sessions/current'))
    .catch(() => undefined);
  const response = new NextResponse(null, { status: 303, headers: { location: '/login?reason=logged-out' } });
  dropTokens(response.cookies);
  return response;
}
