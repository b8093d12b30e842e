import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

/** Where the request comes from: an IPv4 address or an IPv6 /64 network, with `TRUSTED_PROXIES` looked through. */
export const Source = createParamDecorator(
  (_: unknown, context: ExecutionContext): string => context.switchToHttp().getRequest<FastifyRequest>().source,
);
