import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA, RouteParamtypes } from '@nestjs/common/internal';
import type { FastifyRequest } from 'fastify';

import { refuseFields } from './body-pipe.ts';

const BODY = String(RouteParamtypes.BODY);

/**
 * Refuses fields where a route takes none, as the pipe refuses those that a DTO does not declare. It is the last guard:
 * who may not ask at all is told that first.
 */
@Injectable()
export class NoBodyGuard implements CanActivate {
  readonly #takesBody = new WeakMap<object, boolean>();

  canActivate(context: ExecutionContext): boolean {
    const { body, routeOptions } = context.switchToHttp().getRequest<FastifyRequest>();
    const isForm = routeOptions.config.frame?.form === true;
    if (body !== undefined && body !== null && !isForm && !this.#hasBodyOfItsOwn(context)) refuseFields(body);
    return true;
  }

  #hasBodyOfItsOwn(context: ExecutionContext): boolean {
    const handler = context.getHandler();
    const known = this.#takesBody.get(handler);
    if (known !== undefined) return known;
    const parameters: unknown = Reflect.getMetadata(ROUTE_ARGS_METADATA, context.getClass(), handler.name);
    const takesBody = Object.keys(parameters ?? {}).some((kind) => kind.split(':', 1)[0] === BODY);
    this.#takesBody.set(handler, takesBody);
    return takesBody;
  }
}
