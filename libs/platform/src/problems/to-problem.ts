import { HttpException } from '@nestjs/common';

import { DatabaseUnavailable } from '#data/database';
import { failureWord } from '#platform/logging/failure-word';
import { isError } from '#platform/logging/is-error';

import { Problem, type ProblemCode } from './problem.ts';

const BY_STATUS: Readonly<Record<number, ProblemCode>> = {
  401: 'unauthenticated',
  403: 'forbidden',
  404: 'not-found',
  405: 'method-not-allowed',
  413: 'payload-too-large',
  415: 'unsupported-media-type',
  422: 'validation-failed',
  431: 'payload-too-large',
};
const RETRY_AFTER_OUTAGE = { 'retry-after': '1' };

/** The problem that anything thrown is answered as. What nobody foresaw is `internal`, and tells nothing. */
export function toProblem(thrown: unknown): Problem {
  if (thrown instanceof Problem) return thrown;
  if (thrown instanceof DatabaseUnavailable) {
    return new Problem('overloaded', { reason: failureWord(thrown), headers: RETRY_AFTER_OUTAGE });
  }
  const status = statusOf(thrown);
  if (status === undefined || status >= 500) return new Problem('internal', { reason: 'unforeseen' });
  return new Problem(BY_STATUS[status] ?? 'malformed-request', { reason: reasonOf(thrown) });
}

// Fastify's own errors, and those of the request's stream, carry the status they ask for.
function statusOf(thrown: unknown): number | undefined {
  if (thrown instanceof HttpException) return thrown.getStatus();
  if (!isError(thrown) || !('statusCode' in thrown) || typeof thrown.statusCode !== 'number') return undefined;
  return thrown.statusCode >= 400 ? thrown.statusCode : undefined;
}

function reasonOf(thrown: unknown): string {
  const origin = thrown instanceof HttpException && isError(thrown.cause) ? thrown.cause : thrown;
  if (!isError(origin)) return 'unknown';
  return 'code' in origin && typeof origin.code === 'string' ? origin.code : origin.name;
}
