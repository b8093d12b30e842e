import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { Problem } from '#platform/problems/problem';

const WELL_FORMED = /^[\x21-\x7e]{1,255}$/;

/** The Idempotency-Key of the request; undefined without one. A malformed one is answered 400 `malformed-request`. */
export const IdempotencyKey = createParamDecorator((_: unknown, context: ExecutionContext): string | undefined => {
  const key = context.switchToHttp().getRequest<FastifyRequest>().headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && WELL_FORMED.test(key)) return key;
  throw new Problem('malformed-request', { detail: 'Idempotency-Key takes 1 to 255 printable ASCII characters.' });
});
