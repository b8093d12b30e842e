import { Injectable, Optional, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';

import { Log } from '#platform/logging/log';
import { Problem } from '#platform/problems/problem';

import { BASIC, credentialsOf } from './basic.ts';
import { BEARER, STEP_UP } from './bearer.ts';
import { CLIENT } from './client.ts';
import { ClientGuard } from './client-guard.ts';
import { PUBLIC } from './public.ts';
import { SessionGuard } from './session-guard.ts';

/** Closed by default: lets a request pass to a route that is public, or whose credentials are there and good. */
@Injectable()
export class AccessGuard implements CanActivate {
  constructor(
    private readonly reflector: Reflector,
    private readonly log: Log,
    private readonly clients: ClientGuard,
    /** Absent where nothing issues tokens: then nothing opens a route that wants one. */
    @Optional() private readonly sessions?: SessionGuard,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const targets = [context.getHandler(), context.getClass()];
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const says = (key: string): boolean => this.reflector.getAllAndOverride<boolean | undefined>(key, targets) === true;
    if (says(BASIC)) {
      if (credentialsOf(request)) return true;
      throw new Problem('unauthenticated');
    }
    if (says(CLIENT)) return this.clients.admit(request);
    if (says(BEARER) && this.sessions) return this.sessions.admit(request, says(STEP_UP));
    if (says(PUBLIC)) return true;
    const route = `${context.getClass().name}.${context.getHandler().name}`;
    this.log.error('route_without_access_rule', { requestId: request.id, route });
    throw new Problem('unauthenticated');
  }
}
