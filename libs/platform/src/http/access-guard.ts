import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';

import { Log } from '#platform/logging/log';
import { Problem } from '#platform/problems/problem';

import { BASIC, credentialsOf } from './basic.ts';
import { PUBLIC } from './public.ts';

/** Closed by default: lets a request pass to a route that is public, or whose credentials are there and well-formed. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly log: Log,
  ) {}

  canActivate(context: ExecutionContext): boolean {
    const targets = [context.getHandler(), context.getClass()];
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    if (this.reflector.getAllAndOverride<boolean | undefined>(BASIC, targets) === true) {
      if (credentialsOf(request)) return true;
      throw new Problem('unauthenticated');
    }
    if (this.reflector.getAllAndOverride<boolean | undefined>(PUBLIC, targets) === true) return true;
    const route = `${context.getClass().name}.${context.getHandler().name}`;
    this.log.error('route_without_access_rule', { requestId: request.id, route });
    throw new Problem('unauthenticated');
  }
}
