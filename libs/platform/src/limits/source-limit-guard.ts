import { Inject, Injectable, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ThrottlerGuard, getOptionsToken, getStorageToken } from '@nestjs/throttler';
import type { ThrottlerModuleOptions, ThrottlerRequest, ThrottlerStorage } from '@nestjs/throttler';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Counter } from 'prom-client';

import { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';

import { UNLIMITED } from './source-limit.ts';

/**
 * Refuses a source that asks too often, before anything costly is done. It answers with the RateLimit and
 * RateLimit-Policy headers of draft-ietf-httpapi-ratelimit-headers-10, one item a limit, and 429 with Retry-After.
 */
@Injectable()
export class SourceLimitGuard extends ThrottlerGuard {
  readonly #refused: Counter<'limit'>;

  constructor(
    @Inject(getOptionsToken()) options: ThrottlerModuleOptions,
    @Inject(getStorageToken()) storage: ThrottlerStorage,
    reflector: Reflector,
    metrics: Metrics,
  ) {
    super(options, storage, reflector);
    this.#refused = metrics.counter('troth_rate_limited_total', 'Requests refused by a limit per source.', ['limit']);
  }

  protected override shouldSkip(context: ExecutionContext): Promise<boolean> {
    const unlimited = this.reflector.getAllAndOverride<boolean | undefined>(UNLIMITED, [
      context.getHandler(),
      context.getClass(),
    ]);
    return Promise.resolve(unlimited === true);
  }

  protected override async handleRequest(props: ThrottlerRequest): Promise<boolean> {
    const http = props.context.switchToHttp();
    const name = props.throttler.name ?? 'default';
    const key = `${name} ${http.getRequest<FastifyRequest>().source}`;
    const verdict = await this.storageService.increment(key, props.ttl, props.limit, props.blockDuration, name);
    const left = Math.max(0, props.limit - verdict.totalHits);
    const until = verdict.isBlocked ? verdict.timeToBlockExpire : verdict.timeToExpire;
    const reply = http.getResponse<FastifyReply>();
    append(reply, 'ratelimit-policy', `"${name}";q=${props.limit};w=${props.ttl / 1_000}`);
    append(reply, 'ratelimit', `"${name}";r=${verdict.isBlocked ? 0 : left};t=${until}`);
    if (!verdict.isBlocked) return true;
    this.#refused.inc({ limit: name });
    throw new Problem('rate-limited', { reason: name, headers: { 'retry-after': String(until) } });
  }
}

function append(reply: FastifyReply, header: string, item: string): void {
  const items = reply.getHeader(header);
  reply.header(header, items === undefined ? item : `${String(items)}, ${item}`);
}
