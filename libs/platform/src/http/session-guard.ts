import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';

import { Database } from '#data/database';
import { findSession, markGenerationUsed, type LiveSession } from '#data/session';
import { Problem } from '#platform/problems/problem';
import { AccessTokens, generationOf, type AccessClaims } from '#platform/tokens/access-tokens';

import { ADMIN, bearerOf, bearerProblem, STEP_UP_SECONDS } from './bearer.ts';
import { accessCookieOf } from './token-cookies.ts';

/** What a route asks of a session besides being alive. */
export interface SessionRule {
  /** The account has the role of administrators. */
  readonly isAdminOnly: boolean;
  /** The user was authenticated lately. */
  readonly isRecent: boolean;
}

/** Finds the session behind an access token. One indexed read, so what has ended is refused by the next request anywhere. */
@Injectable()
export class SessionGuard {
  constructor(
    private readonly db: Database,
    private readonly tokens: AccessTokens,
  ) {}

  /** Puts the session into the request; throws the problem of a token that opens nothing. */
  async admit(request: FastifyRequest, rule: SessionRule): Promise<true> {
    // A cookie counts only where no other credentials are given: those were chosen, it comes by itself.
    const byCookie = request.headers.authorization === undefined;
    const text = byCookie ? accessCookieOf(request) : bearerOf(request);
    if (text === undefined) throw bearerProblem('unauthenticated', 'no_token');
    const claims = await this.tokens.verify(text);
    if (!claims) throw bearerProblem('unauthenticated', 'token_refused', 'invalid_token');
    const session = await findSession(this.db.sql, claims.sid);
    if (!session) throw bearerProblem('session-revoked', 'session_over', 'invalid_token');
    if (session.accountId !== claims.sub) throw bearerProblem('unauthenticated', 'foreign_session', 'invalid_token');
    if (session.at >= claims.exp) throw bearerProblem('unauthenticated', 'token_expired', 'invalid_token');
    const tokenGeneration = generationOf(claims);
    // Whatever comes of the request: whoever has this token has the refresh token that came with it.
    if (isFirstUse(session, tokenGeneration))
      await markGenerationUsed(this.db.sql, session.sessionId, session.generation);
    if (rule.isAdminOnly && !session.roles.includes(ADMIN)) throw new Problem('forbidden', { reason: 'not_admin' });
    if (!isAuthenticatedWell(claims, session.at, rule)) throw reauthentication();
    request.session = Object.assign(session, { tokenGeneration });
    request.sessionCookie = byCookie;
    return true;
  }
}

// Only the first one of each generation writes.
function isFirstUse({ generation, generationIsUsed }: LiveSession, tokenGeneration: number): boolean {
  return !generationIsUsed && tokenGeneration === generation;
}

/**
 * Whether the authentication that a token tells of is good enough for the route: how long ago it was (`auth_time`). What
 * it consisted of (`amr`), and what administrators have to show besides the password, is a matter of this function too.
 */
function isAuthenticatedWell({ auth_time }: AccessClaims, at: number, { isRecent }: SessionRule): boolean {
  return !isRecent || at - auth_time <= STEP_UP_SECONDS;
}

/** RFC 9470, 3: which authentication would do. */
function reauthentication(): Problem {
  const challenge = `Bearer realm="troth", error="insufficient_user_authentication", max_age=${STEP_UP_SECONDS}`;
  return new Problem('reauthentication-required', { headers: { 'www-authenticate': challenge } });
}
