import { TrothProblem } from '@troth/client';

import { begunWithin } from '../../../lib/patience.ts';
import { currentSession } from '../../../lib/session.ts';
import { isAway, isOver, troth } from '../../../lib/troth.ts';

const PAGE = '/account/deletion';
/** Milliseconds. */
const PATIENCE = 10_000;

/** Everything that is stored about the user, as a file. It is passed on while it comes: it may be long. */
export async function GET(request: Request): Promise<Response> {
  // An export stands in the activity, and only some are granted an hour: no link of another site or host asks for one.
  if (/^(?:cross|same)-site$/.test(request.headers.get('sec-fetch-site') ?? '')) return seeOther(PAGE);
  try {
    if ((await currentSession()) === undefined) {
      const reason = request.headers.has('x-session-over') ? 'reason=session-ended&' : '';
      return seeOther(`/login?${reason}next=${PAGE}`);
    }
    const { api } = await troth(begunWithin(PATIENCE));
    const { data, response } = await api.GET('/v1/me/export', { parseAs: 'stream' });
    return new Response(data, {
      headers: {
        'content-type': 'application/json',
        'content-disposition': response.headers.get('content-disposition') ?? 'attachment; filename="export.json"',
      },
    });
  } catch (error) {
    return seeOther(wayOnAfter(error));
  }
}

function wayOnAfter(error: unknown): string {
  if (isOver(error)) return `/session-ended?next=${PAGE}`;
  if (isAway(error)) return `${PAGE}?download=away`;
  if (!(error instanceof TrothProblem)) throw error;
  if (error.code === 'reauthentication-required') return `/reauthenticate?next=${PAGE}`;
  return `${PAGE}?download=${error.code === 'rate-limited' ? 'often' : 'away'}`;
}

// Relative: this server may be known by another name outside.
function seeOther(location: string): Response {
  return new Response(null, { status: 303, headers: { location } });
}
