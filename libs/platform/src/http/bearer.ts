import { applyDecorators, createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ApiExtension, ApiSecurity } from '@nestjs/swagger';
import type { FastifyRequest } from 'fastify';

import type { LiveSession } from '#data/session';
import type { ProblemCode } from '#platform/problems/problem';
import { Problem } from '#platform/problems/problem';

import { authorizationOf } from './raw-headers.ts';

/** Where the guard looks whether a route takes an access token, and whether the user has to be authenticated lately. */
export const BEARER = 'troth:bearer';
/** As above. */
export const STEP_UP = 'troth:step-up';
/** Where the guard looks whether a route is for administrators alone. */
export const ADMIN_ONLY = 'troth:admin-only';

/** The name of the access token in the OpenAPI document. */
export const BEARER_SCHEME = 'bearer';

/** The name of its cookie in the OpenAPI document. */
export const COOKIE_SCHEME = 'cookie';

/** The extension of an operation that asks for a recent authentication, while the OpenAPI document is made. */
export const RECENT = 'x-recent-authentication';

/** The extension of an operation that is for one role alone; it stays in the OpenAPI document. */
export const REQUIRED_ROLE = 'x-required-role';

/** The role of administrators. */
export const ADMIN = 'admin';

/** How long a step-up lasts: the token's `auth_time` is at most so many seconds old. */
export const STEP_UP_SECONDS = 300;

/** A session with what the token says that it was asked with. */
export interface PresentedSession extends LiveSession {
  /** Of the session, when the token was issued. Its client has the refresh token of this one, and maybe not that of a later one. */
  readonly tokenGeneration: number;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** What the guard found behind the access token. */
    session?: PresentedSession;
    /** The access token came in a cookie. */
    sessionCookie: boolean;
  }
}

const SCHEME = /^bearer +(\S+)$/i;

/** What stands in the Authorization header as a bearer token (RFC 6750, 2.1); undefined when it is missing, given twice or malformed. */
export function bearerOf(request: FastifyRequest): string | undefined {
  return SCHEME.exec(authorizationOf(request) ?? '')?.[1];
}

/** A 401 to a route that wants an access token, with the challenge of RFC 6750, 3. */
export function bearerProblem(code: ProblemCode, reason: string, error?: string): Problem {
  const challenge = `Bearer realm="troth"${error === undefined ? '' : `, error="${error}"`}`;
  return new Problem(code, { reason, headers: { 'www-authenticate': challenge } });
}

/**
 * The session behind the request's access token. A route with this parameter is refused, before anything is validated,
 * with 401 `unauthenticated` for a token that is missing, forged or expired, and `session-revoked` for a session that is
 * over.
 */
export function Session(): ParameterDecorator {
  const parameter = createParamDecorator((_: unknown, context: ExecutionContext): PresentedSession => {
    const { session } = context.switchToHttp().getRequest<FastifyRequest>();
    if (!session) throw bearerProblem('unauthenticated', 'no_session');
    return session;
  });
  return (target, method, index) => {
    parameter()(target, method, index);
    const descriptor = method === undefined ? undefined : Reflect.getOwnPropertyDescriptor(target, method);
    if (method === undefined || descriptor === undefined)
      throw new TypeError('@Session() belongs to a parameter of a route');
    SetMetadata(BEARER, true)(target, method, descriptor);
    ApiSecurity(COOKIE_SCHEME)(target, method, descriptor);
    ApiSecurity(BEARER_SCHEME)(target, method, descriptor);
  };
}

/** The user must have been authenticated within the last five minutes; a new log-in counts (RFC 9470). */
export const StepUp = (): MethodDecorator => applyDecorators(SetMetadata(STEP_UP, true), ApiExtension(RECENT, true));

/**
 * For administrators alone: 403 `forbidden` unless the account has the role now, whatever the token says. It opens
 * nothing by itself: a route has to take the session too, with `@Session()`, or it is closed to everybody.
 */
export const AdminOnly = (): MethodDecorator =>
  applyDecorators(SetMetadata(ADMIN_ONLY, true), ApiExtension(REQUIRED_ROLE, ADMIN));
