import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { refuseOtherPages, transportOf } from './token-transport.ts';

/** Methods that change nothing (RFC 9110, 9.2.1), so that a foreign page achieves nothing by them: it cannot read the answer. */
const SAFE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses what pages of others could make a browser do (CSRF): to change something by its cookies, and to take cookies
 * of somebody's log-in. It comes after the credentials, which are told first.
 */
@Injectable()
export class PageGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    const request = context.switchToHttp().getRequest<FastifyRequest>();
    const actsByCookie = request.sessionCookie && !SAFE.has(request.method);
    const asksForCookies = request.routeOptions.config.frame?.handsTokens === true && transportOf(request) === 'cookie';
    if (actsByCookie || asksForCookies) refuseOtherPages(request);
    return true;
  }
}
