/** A fetch that waits so long for an answer to begin, and for its end as long as whoever reads it: a slow one takes its time. */
export const begunWithin =
  (milliseconds: number) =>
  async (request: Request): Promise<Response> => {
    const late = new AbortController();
    const timer = setTimeout(() => late.abort(), milliseconds);
    try {
      return await fetch(request, { signal: AbortSignal.any([request.signal, late.signal]) });
    } finally {
      clearTimeout(timer);
    }
  };
