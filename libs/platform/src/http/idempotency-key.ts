import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

import { Problem } from '#platform/problems/problem';

import { frameRule } from './frame-rules.ts';

const LONGEST = 255;
const WELL_FORMED = /^[\x21-\x7e]{1,255}$/;

/** The Idempotency-Key of a request; undefined without one. A malformed one is answered 400 `malformed-request`. */
export function idempotencyKeyOf({ headers }: Pick<FastifyRequest, 'headers'>): string | undefined {
  const key = headers['idempotency-key'];
  if (key === undefined) return undefined;
  if (typeof key === 'string' && WELL_FORMED.test(key)) return key;
  throw new Problem('malformed-request', {
    detail: `Idempotency-Key takes 1 to ${LONGEST} printable ASCII characters.`,
  });
}

const Key = createParamDecorator((_: unknown, context: ExecutionContext): string | undefined =>
  idempotencyKeyOf(context.switchToHttp().getRequest<FastifyRequest>()),
);

/**
 * The Idempotency-Key of the request; undefined without one. A route with this parameter refuses a malformed one before
 * it asks for limits and credentials.
 */
export function IdempotencyKey(): ParameterDecorator {
  return (target, method, index) => {
    Key()(target, method, index);
    const descriptor = method === undefined ? undefined : Reflect.getOwnPropertyDescriptor(target, method);
    if (method === undefined || descriptor === undefined)
      throw new TypeError('@IdempotencyKey() belongs to a parameter of a route');
    frameRule({ keyed: true })(target, method, descriptor);
    ApiHeader({
      name: 'Idempotency-Key',
      description: 'The same key makes the same request do nothing a second time within 24 hours.',
      required: false,
      schema: { type: 'string', minLength: 1, maxLength: LONGEST, pattern: WELL_FORMED.source },
    })(target, method, descriptor);
  };
}
