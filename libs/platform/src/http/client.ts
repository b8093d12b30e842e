import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

import { Problem } from '#platform/problems/problem';

/** Where the guard looks whether a route is for clients alone. */
export const CLIENT = 'troth:client';

/** The name of a client's credentials in the OpenAPI document. */
export const CLIENT_SCHEME = 'client';

/** A service whose id and key were found right. */
export interface AuthenticatedClient {
  readonly clientId: string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** Who asks, on a route for clients. */
    client?: AuthenticatedClient;
  }
}

/**
 * The client that asks, authenticated by its id and key (RFC 6749, 2.3.1). A route with this parameter is refused with
 * 401 `unauthenticated`, before anything is validated, for any other credentials.
 */
export function AskingClient(): ParameterDecorator {
  const parameter = createParamDecorator((_: unknown, context: ExecutionContext): AuthenticatedClient => {
    const { client } = context.switchToHttp().getRequest<FastifyRequest>();
    if (!client) throw new Problem('unauthenticated', { reason: 'no_client' });
    return client;
  });
  return (target, method, index) => {
    parameter()(target, method, index);
    const descriptor = method === undefined ? undefined : Reflect.getOwnPropertyDescriptor(target, method);
    if (method === undefined || descriptor === undefined)
      throw new TypeError('@AskingClient() belongs to a parameter of a route');
    SetMetadata(CLIENT, true)(target, method, descriptor);
    ApiSecurity(CLIENT_SCHEME)(target, method, descriptor);
  };
}
