import { TrothUnreachable } from './problem.ts';
import { type RetryRule, sendWithRetries } from './retry.ts';
import { unlessAborted } from './signal.ts';

/** Sends a request. */
export type Send = (request: Request) => Promise<Response>;

/** Milliseconds after which an answer to a request of the client's own is lost. */
const PATIENCE = 10_000;

/** Sends with retries; rejects with TrothUnreachable when nothing is answered. */
export function sender(fetcher: Send, retry: RetryRule): Send {
  return (request) =>
    sendWithRetries(request, retry, async (once) => {
      try {
        return await fetcher(once);
      } catch (error) {
        // Whoever gave a signal wants its own reason.
        if (once.signal.aborted) throw error;
        throw new TrothUnreachable(error);
      }
    });
}

/** Sends and reads the whole answer, in a time of its own: React Native may wait for ever, and has no AbortSignal.timeout. */
export function inTime(fetcher: Send): Send {
  return async (request) => {
    const patience = new AbortController();
    const timer = setTimeout(() => patience.abort(), PATIENCE);
    try {
      return await unlessAborted(patience.signal, whole(fetcher(new Request(request, { signal: patience.signal }))));
    } finally {
      clearTimeout(timer);
    }
  };
}

async function whole(answer: Promise<Response>): Promise<Response> {
  const response = await answer;
  const text = await response.text();
  return new Response(text === '' ? null : text, response);
}
