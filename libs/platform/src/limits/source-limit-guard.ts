import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ThrottlerGuard, getOptionsToken, getStorageToken } from '@nestjs/throttler';
import type { ThrottlerModuleOptions, ThrottlerStorage } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Counter } from 'prom-client';

import { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';

import { UNLIMITED } from './source-limit.ts';

/** One limit of a route; `ttl` is its window in milliseconds. */
interface RouteLimit {
  readonly name: string;
  readonly limit: number;
  readonly ttl: number;
}

/**
 * Refuses a source that asks too often, before anything costly is done. It answers with the RateLimit and
 * RateLimit-Policy headers of draft-ietf-httpapi-ratelimit-headers-10, one item a limit, and 429 with Retry-After.
 */
@Injectable()
export class SourceLimitGuard extends ThrottlerGuard {
  readonly #refused: Counter<'limit'>;
  readonly #limits = new WeakMap<object, readonly RouteLimit[]>();

  constructor(
    @Inject(getOptionsToken()) options: ThrottlerModuleOptions,
    @Inject(getStorageToken()) storage: ThrottlerStorage,
    reflector: Reflector,
    metrics: Metrics,
  ) {
    super(options, storage, reflector);
    this.#refused = metrics.counter('troth_rate_limited_total', 'Requests refused by a limit per source.', ['limit']);
  }

  /** Counts the request under every limit of its route; the first that is used up refuses it. */
  override async canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const { source } = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    for (const limit of this.#limitsOf(context)) await this.#count(limit, source, reply);
    return true;
  }

  // The guard of the library asks this anew for every limit there is, at each request.
  #limitsOf(context: ExecutionContext): readonly RouteLimit[] {
    const handler = context.getHandler();
    const known = this.#limits.get(handler);
    if (known) return known;
    const isUnlimited = this.reflector.getAllAndOverride<boolean | undefined>(UNLIMITED, [handler, context.getClass()]);
    const limits = isUnlimited === true ? [] : this.throttlers.filter(({ skipIf }) => skipIf?.(context) !== true);
    const ofRoute = limits.map(({ name = 'default', limit, ttl }) => ({
      name,
      limit: Number(limit),
      ttl: Number(ttl),
    }));
    this.#limits.set(handler, ofRoute);
    return ofRoute;
  }

  async #count({ name, limit, ttl }: RouteLimit, source: string, reply: FastifyReply): Promise<void> {
    const verdict = await this.storageService.increment(`${name} ${source}`, ttl, limit, ttl, name);
    const left = Math.max(0, limit - verdict.totalHits);
    const until = verdict.isBlocked ? verdict.timeToBlockExpire : verdict.timeToExpire;
    append(reply, 'ratelimit-policy', `"${name}";q=${limit};w=${ttl / 1_000}`);
    append(reply, 'ratelimit', `"${name}";r=${verdict.isBlocked ? 0 : left};t=${until}`);
    if (!verdict.isBlocked) return;
    this.#refused.inc({ limit: name });
    throw new Problem('rate-limited', { reason: name, headers: { 'retry-after': String(until) } });
  }
}

function append(reply: FastifyReply, header: string, item: string): void {
  const items = reply.getHeader(header);
  reply.header(header, items === undefined ? item : `${String(items)}, ${item}`);
}
