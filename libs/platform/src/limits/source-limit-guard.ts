import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ThrottlerGuard, getOptionsToken, getStorageToken } from '@nestjs/throttler';
import type { ThrottlerModuleOptions, ThrottlerOptions } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Counter } from 'prom-client';

import { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';

import type { BoundedCounters, Verdict } from './bounded-counters.ts';
import { LIMITS, policyName, type Limit } from './limits.ts';

const FOR_ALL: ReadonlySet<string> = new Set(LIMITS.all.map((limit) => policyName('all', limit)));

const FAILURES_ONLY: ReadonlyMap<string, Limit['failuresOnly']> = new Map(
  Object.entries<readonly Limit[]>(LIMITS).flatMap(([name, limits]) =>
    limits.map((limit) => [policyName(name, limit), limit.failuresOnly] as const),
  ),
);

declare module 'fastify' {
  interface FastifyRequest {
    /** Counted already, and taken back unless the request is refused. */
    countedFailures?: readonly string[];
    /** Counted when its credentials are found wrong. */
    limitsOfCredentials?: readonly RouteLimit[];
  }
}

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
  #ofAll: readonly RouteLimit[] | undefined;

  constructor(
    @Inject(getOptionsToken()) options: ThrottlerModuleOptions,
    @Inject(getStorageToken()) private readonly counters: BoundedCounters,
    reflector: Reflector,
    metrics: Metrics,
  ) {
    super(options, counters, reflector);
    this.#refused = metrics.counter('troth_rate_limited_total', 'Requests refused by a limit per source.', ['limit']);
  }

  /** Counts a request under the limits that hold for all, wherever it leads. The frame asks it before any route is. */
  countOfAll({ source }: FastifyRequest, reply: FastifyReply): void {
    for (const limit of this.#forAll()) this.#count(limit, source, reply);
  }

  /** Counts the request under the limits of its route's own; the first that is used up refuses it. */
  override canActivate(context: ExecutionContext): Promise<boolean> {
    const http = context.switchToHttp();
    const request = http.getRequest<FastifyRequest>();
    const reply = http.getResponse<FastifyReply>();
    for (const limit of this.#limitsOf(context)) {
      const key = keyOf(limit, request.source);
      const failuresOnly = FAILURES_ONLY.get(limit.name);
      if (failuresOnly === 'credentials') {
        this.#tell(limit, this.counters.look(key, limit.ttl, limit.limit), reply);
        request.limitsOfCredentials = [...(request.limitsOfCredentials ?? []), limit];
      } else {
        this.#count(limit, request.source, reply);
        if (failuresOnly === true) request.countedFailures = [...(request.countedFailures ?? []), key];
      }
    }
    return Promise.resolve(true);
  }

  /** The credentials of a request are wrong: what counts such requests alone counts it. */
  countWrongCredentials({ source, limitsOfCredentials = [] }: FastifyRequest): void {
    for (const limit of limitsOfCredentials) this.counters.count(keyOf(limit, source), limit.ttl, limit.limit);
  }

  /** A request has its answer: what counts failures alone forgets one that was none of the client's. */
  settle({ countedFailures = [] }: FastifyRequest, status: number): void {
    if (status >= 400 && status < 500) return;
    for (const key of countedFailures) this.counters.takeBack(key);
  }

  // The guard of the library asks this anew for every limit there is, at each request.
  #limitsOf(context: ExecutionContext): readonly RouteLimit[] {
    const handler = context.getHandler();
    const known = this.#limits.get(handler);
    if (known) return known;
    const ofRoute = this.throttlers.filter(({ skipIf }) => skipIf?.(context) !== true).map(limitOf);
    this.#limits.set(handler, ofRoute);
    return ofRoute;
  }

  #forAll(): readonly RouteLimit[] {
    return (this.#ofAll ??= this.throttlers.filter(({ name = '' }) => FOR_ALL.has(name)).map(limitOf));
  }

  #count(limit: RouteLimit, source: string, reply: FastifyReply): void {
    this.#tell(limit, this.counters.count(keyOf(limit, source), limit.ttl, limit.limit), reply);
  }

  #tell({ name, limit, ttl }: RouteLimit, verdict: Verdict, reply: FastifyReply): void {
    const left = Math.max(0, limit - verdict.totalHits);
    const until = verdict.isBlocked ? verdict.timeToBlockExpire : verdict.timeToExpire;
    append(reply, 'ratelimit-policy', `"${name}";q=${limit};w=${ttl / 1_000}`);
    append(reply, 'ratelimit', `"${name}";r=${verdict.isBlocked ? 0 : left};t=${until}`);
    if (!verdict.isBlocked) return;
    this.#refused.inc({ limit: name });
    throw new Problem('rate-limited', { reason: name, headers: { 'retry-after': String(until) } });
  }
}

function keyOf({ name }: RouteLimit, source: string): string {
  return `${name} ${source}`;
}

function limitOf({ name = 'default', limit, ttl }: ThrottlerOptions): RouteLimit {
  return { name, limit: Number(limit), ttl: Number(ttl) };
}

function append(reply: FastifyReply, header: string, item: string): void {
  const items = reply.getHeader(header);
  reply.header(header, items === undefined ? item : `${String(items)}, ${item}`);
}
