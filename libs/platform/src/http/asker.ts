import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Who asks, as far as limits, audit and log want to know. */
export interface Asker {
  /** An IPv4 address or an IPv6 /64 network, with `TRUSTED_PROXIES` looked through. */
  readonly source: string;
  readonly requestId: string;
}

/** The asker of the request. It is handed on, not kept in a context: that would cost every promise of the process. */
export const AskedBy = createParamDecorator((_: unknown, context: ExecutionContext): Asker => {
  const { source, id } = context.switchToHttp().getRequest<FastifyRequest>();
  return { source, requestId: id };
});
