import { Problem } from './problem.ts';

/** 429 with Retry-After (RFC 9110, 10.2.3); `reason` is for the log, `detail` for the client. */
export function rateLimited(reason: string, detail: string, seconds: number): Problem {
  return new Problem('rate-limited', { reason, detail, headers: { 'retry-after': String(seconds) } });
}
