import { Injectable, Optional, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import type { FastifyRequest } from 'fastify';

import { Log } from '#platform/logging/log';
import { Problem } from '#platform/problems/problem';

import { BASIC, credentialsOf } from './basic.ts';
import { ADMIN_ONLY, BEARER, STEP_UP } from './bearer.ts';
import { CLIENT } from './client.ts';
import { ClientGuard } from './client-guard.ts';
import { PUBLIC } from './public.ts';
import { SessionGuard, type SessionRule } from './session-guard.ts';

type AccessRule = 'basic' | 'client' | SessionRule | 'public' | 'none';

/** What a route has to say for each rule; the first that it says holds. */
const RULES: readonly (readonly [AccessRule, readonly string[]])[] = [
  [{ isAdminOnly: true, isRecent: true }, [ADMIN_ONLY, BEARER, STEP_UP]],
  [{ isAdminOnly: true, isRecent: false }, [ADMIN_ONLY, BEARER]],
  // Without a session nobody is an administrator, whatever else the route takes.
  ['none', [ADMIN_ONLY]],
  ['basic', [BASIC]],
  ['client', [CLIENT]],
  [{ isAdminOnly: false, isRecent: true }, [BEARER, STEP_UP]],
  [{ isAdminOnly: false, isRecent: false }, [BEARER]],
  ['public', [PUBLIC]],
];

/** Closed by default: lets a request pass to a route that is public, or whose credentials are there and good. */
@Injectable()
export class AccessGuard implements CanActivate {
  readonly #rules = new WeakMap<object, Map<unknown, AccessRule>>();

  constructor(
    private readonly reflector: Reflector,
    private readonly log: Log,
    private readonly clients: ClientGuard,
    /** Absent where nothing issues tokens: then nothing opens a route that wants one. */
    @Optional() private readonly sessions?: SessionGuard,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const rule = this.#ruleOf(context);
    if (rule === 'basic') {
      if (credentialsOf(request)) return true;
      throw new Problem('unauthenticated');
    }
    if (rule === 'client') return this.clients.admit(request);
    if (rule === 'public') return true;
    if (rule !== 'none' && this.sessions) return this.sessions.admit(request, rule);
    const route = `${context.getClass().name}.${context.getHandler().name}`;
    this.log.error('route_without_access_rule', { requestId: request.id, route });
    throw new Problem('unauthenticated');
  }

  // Routes say what they want once and for all.
  #ruleOf(context: ExecutionContext): AccessRule {
    const [handler, controller] = [context.getHandler(), context.getClass()];
    const rules = this.#rules.get(controller) ?? new Map<unknown, AccessRule>();
    const known = rules.get(handler);
    if (known) return known;
    const says = (key: string): boolean =>
      this.reflector.getAllAndOverride<boolean | undefined>(key, [handler, controller]) === true;
    const [rule = 'none'] = RULES.filter(([, keys]) => keys.every(says)).map(([name]) => name);
    this.#rules.set(controller, rules.set(handler, rule));
    return rule;
  }
}
