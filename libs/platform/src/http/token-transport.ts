import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ApiHeader } from '@nestjs/swagger';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { Problem } from '#platform/problems/problem';

import { frameRule } from './frame-rules.ts';
import { TokenCookies, type IssuedTokens, type WithoutTokens } from './token-cookies.ts';

/** The header by which a request chooses where it wants its tokens. */
export const TRANSPORT_HEADER = 'Troth-Transport';

/** Where tokens go: into the body of the answer, or into cookies. */
type Transport = 'bearer' | 'cookie';

/** The transport that a request asks for. Anything but one of the two words is answered 400 `malformed-request`. */
export function transportOf({ headers }: Pick<FastifyRequest, 'headers'>): Transport {
  const given = headers['troth-transport'] ?? 'bearer';
  if (given === 'bearer' || given === 'cookie') return given;
  throw new Problem('malformed-request', { detail: `${TRANSPORT_HEADER} is bearer or cookie.` });
}

/** A cookie counts for nothing, and none is given away, unless a page of WEB_ORIGINS asks. */
export function refuseOtherPages({ fromWebPage }: FastifyRequest): void {
  if (!fromWebPage) throw new Problem('forbidden', { reason: 'foreign_page' });
}

/** How a request brings tokens besides its credentials, and how its answer hands them over. */
export class TokenTransport {
  readonly #cookies: TokenCookies;
  readonly #asksForCookies: boolean;
  #cameByCookie: boolean;

  constructor(
    private readonly request: FastifyRequest,
    reply: FastifyReply,
  ) {
    this.#cookies = new TokenCookies(request, reply);
    this.#asksForCookies = transportOf(request) === 'cookie';
    this.#cameByCookie = request.sessionCookie;
  }

  /** The device token of the cookie, if cookies are asked for. */
  get deviceToken(): string | undefined {
    return this.#asksForCookies ? this.#cookies.deviceToken : undefined;
  }

  /** The refresh token of the body, else that of the cookie. Throws the problem of a request that has neither. */
  refreshToken(ofBody: string | null | undefined): string {
    if (typeof ofBody === 'string') return ofBody;
    const token = this.#cookies.refreshToken;
    if (token === undefined) throw this.#asksForCookies ? noCookie() : noField();
    refuseOtherPages(this.request);
    this.#cameByCookie = true;
    return token;
  }

  /** The body of the answer. What came by cookie goes by cookie, asked for or not: a script must not get hold of it. */
  answer<Tokens extends IssuedTokens>(tokens: Tokens): Tokens | WithoutTokens<Tokens> {
    return this.#asksForCookies || this.#cameByCookie ? this.#cookies.take(tokens) : tokens;
  }
}

const OfRequest = createParamDecorator((_: unknown, context: ExecutionContext): TokenTransport => {
  const http = context.switchToHttp();
  return new TokenTransport(http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
});

/** How the tokens of a route's answer are handed over. A route with this parameter takes the header Troth-Transport. */
export function Transported(): ParameterDecorator {
  return (target, method, index) => {
    OfRequest()(target, method, index);
    const descriptor = method === undefined ? undefined : Reflect.getOwnPropertyDescriptor(target, method);
    if (method === undefined || descriptor === undefined)
      throw new TypeError('@Transported() belongs to a parameter of a route');
    frameRule({ handsTokens: true })(target, method, descriptor);
    ApiHeader({
      name: TRANSPORT_HEADER,
      description:
        '`cookie`, from a page of WEB_ORIGINS: tokens go into cookies that scripts cannot read, none into the body.',
      required: false,
      schema: { type: 'string', enum: ['bearer', 'cookie'], default: 'bearer' },
    })(target, method, descriptor);
  };
}

function noCookie(): Problem {
  return new Problem('invalid-refresh-token', { reason: 'no_cookie' });
}

function noField(): Problem {
  const detail = 'Send the refresh token, or its cookie.';
  return new Problem('validation-failed', { errors: [{ pointer: '/refresh_token', code: 'is-string', detail }] });
}
