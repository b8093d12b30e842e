type Send = (request: Request) => Promise<Response>;

/** A fetch that waits so long for a whole answer. Rejects with a TimeoutError. */
export const answeredWithin =
  (milliseconds: number): Send =>
  (request) =>
    within(milliseconds, async (signal) => {
      const response = await sent(request, signal);
      const text = await response.text();
      return new Response(text === '' ? null : text, response);
    });

/** A fetch that waits so long for an answer to begin, and for its end as long as whoever reads it: a slow one takes its time. */
export const begunWithin =
  (milliseconds: number): Send =>
  (request) =>
    within(milliseconds, (signal) => sent(request, signal));

/**
 * The signal ends what is under way, and nobody relies on it: whoever passes a Request on by another one, as Next.js does
 * in its fetch, may forget the signal when garbage is collected.
 */
async function within(milliseconds: number, work: (signal: AbortSignal) => Promise<Response>): Promise<Response> {
  const late = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const over = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const reason = new DOMException('No answer in time.', 'TimeoutError');
      reject(reason);
      late.abort(reason);
    }, milliseconds);
  });
  try {
    return await Promise.race([work(late.signal), over]);
  } finally {
    clearTimeout(timer);
  }
}

/** Sends it as an address with options, with which Next.js makes no Request of its own. */
async function sent(request: Request, signal: AbortSignal): Promise<Response> {
  const { url, method, headers } = request;
  const body = request.body && (await request.text());
  return fetch(url, { method, headers, body, signal });
}
