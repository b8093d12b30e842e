import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';

import { DEVICE_SECONDS } from '#platform/tokens/session-tokens';

import { cookieOf, hostCookie } from './cookies.ts';

/** The cookie of the access token. */
export const ACCESS_COOKIE = '__Host-troth-access';
const REFRESH_COOKIE = '__Host-troth-refresh';
const DEVICE_COOKIE = '__Host-troth-device';

/** What an answer carries that may go into cookies. */
export interface IssuedTokens {
  readonly access_token: string;
  readonly expires_in: number;
  readonly refresh_token?: string;
  readonly refresh_expires_in?: number;
  readonly device_token?: string;
}

/** What is left for the body. */
export type WithoutTokens<Tokens extends IssuedTokens> = Omit<
  Tokens,
  'access_token' | 'refresh_token' | 'device_token'
>;

/** The access token of a request's cookies; undefined when it is missing, malformed or there twice. */
export function accessCookieOf({ headers }: FastifyRequest): string | undefined {
  return cookieOf(headers.cookie, ACCESS_COOKIE);
}

/** The tokens that a browser keeps for its pages, which cannot read them. */
export class TokenCookies {
  constructor(
    private readonly request: FastifyRequest,
    private readonly reply: FastifyReply,
  ) {}

  get refreshToken(): string | undefined {
    return cookieOf(this.request.headers.cookie, REFRESH_COOKIE);
  }

  get deviceToken(): string | undefined {
    return cookieOf(this.request.headers.cookie, DEVICE_COOKIE);
  }

  /** Moves the tokens of an answer into cookies, over those that are there. */
  take<Tokens extends IssuedTokens>(tokens: Tokens): WithoutTokens<Tokens> {
    const { access_token, refresh_token, device_token, ...rest } = tokens;
    this.#set(ACCESS_COOKIE, access_token, tokens.expires_in);
    if (refresh_token !== undefined) this.#set(REFRESH_COOKIE, refresh_token, tokens.refresh_expires_in ?? 0);
    if (device_token !== undefined) this.#set(DEVICE_COOKIE, device_token, DEVICE_SECONDS);
    return rest;
  }

  /** The session of the request is over. Its cookies go, unless it was shown as a bearer token: then they are of another one. */
  forget(): void {
    if (!this.request.sessionCookie) return;
    for (const name of [ACCESS_COOKIE, REFRESH_COOKIE, DEVICE_COOKIE]) this.#set(name, '', 0);
  }

  #set(name: string, value: string, seconds: number): void {
    this.reply.header('set-cookie', hostCookie(name, value, seconds));
  }
}

/** The cookies of the request and of its answer. */
export const Cookies = createParamDecorator((_: unknown, context: ExecutionContext): TokenCookies => {
  const http = context.switchToHttp();
  return new TokenCookies(http.getRequest<FastifyRequest>(), http.getResponse<FastifyReply>());
});
