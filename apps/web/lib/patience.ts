/**
 * A fetch that waits so long for a whole answer. The signal goes with the fetch: one that a Request follows, and one of
 * `AbortSignal.any`, Node.js 20 forgets when it collects garbage, and then waits for ever.
 */
export const answeredWithin =
  (milliseconds: number) =>
  (request: Request): Promise<Response> =>
    fetch(request, { signal: AbortSignal.timeout(milliseconds) });

/** A fetch that waits so long for an answer to begin, and for its end as long as whoever reads it: a slow one takes its time. */
export const begunWithin =
  (milliseconds: number) =>
  async (request: Request): Promise<Response> => {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), milliseconds);
    try {
      return await fetch(request, { signal: late.signal });
    } finally {
      clearTimeout(timer);
    }
  };
