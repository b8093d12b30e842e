import { discard, retryAfterOf } from './problem.ts';
import { pause } from './signal.ts';

/** How long and how often a client waits for a service that asks it to. */
export interface RetryRule {
  /** Seconds of `Retry-After` that are waited for at most; longer ones are told by the problem. */
  readonly longestSeconds: number;
  /** So often a request is sent again. */
  readonly times: number;
}

/** Where refresh tokens go. */
export const REFRESH_PATH = '/v1/sessions/refresh';

const IDEMPOTENT = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);

/**
 * Sends a request, and again as long as the answer asks for that: one over its limit (429) was not begun, whatever it was; one
 * that was refused for overload (503) may have been, so it is sent again only if it comes to the same.
 */
export async function sendWithRetries(
  first: Request,
  rule: RetryRule,
  send: (request: Request) => Promise<Response>,
): Promise<Response> {
  let request = first;
  for (let retries = 0; ; retries++) {
    const again = retries < rule.times ? request.clone() : undefined;
    const response = await send(request);
    const seconds = retryAfterOf(response);
    if (again === undefined || seconds === undefined || seconds > rule.longestSeconds) return response;
    if (response.status !== 429 && !(response.status === 503 && comesToTheSame(request))) return response;
    discard(response);
    await pause(seconds * 1_000, request.signal);
    request = again;
  }
}

function comesToTheSame({ method, headers, url }: Request): boolean {
  return IDEMPOTENT.has(method) || headers.has('idempotency-key') || url.endsWith(REFRESH_PATH);
}
