import { Injectable } from '@nestjs/common';
import type { Histogram } from 'prom-client';

import { Log, type LogFields } from '#platform/logging/log';
import { Metrics } from '#platform/metrics/metrics';
import type { Problem } from '#platform/problems/problem';

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** One request that was answered. */
export interface AnsweredRequest {
  readonly requestId: string;
  readonly method: string;
  /** The pattern of its route, never the path that was asked for; undefined when no route took it. */
  readonly route: string | undefined;
  readonly status: number;
  readonly seconds: number;
  /** Why it was refused, when it was. */
  readonly problem?: Problem | undefined;
}

/** One log line and one measurement for each request. Neither holds a path, a query, a header or a body. */
@Injectable()
export class RequestLog {
  readonly #duration: Histogram<'route' | 'method' | 'status'>;

  constructor(
    private readonly log: Log,
    metrics: Metrics,
  ) {
    this.#duration = metrics.histogram(
      'troth_http_request_duration_seconds',
      'Time from the head of a request to the end of its answer.',
      ['route', 'method', 'status'],
    );
  }

  record({ requestId, method, route = 'unmatched', status, seconds, problem }: AnsweredRequest): void {
    const knownMethod = METHODS.has(method) ? method : 'OTHER';
    this.#duration.observe({ route, method: knownMethod, status: `${Math.floor(status / 100)}xx` }, seconds);
    const ms = Math.round(seconds * 10_000) / 10;
    const fields = { requestId, ...reasonOf(problem), method: knownMethod, route, status, ms };
    if (status >= 500) this.log.warn('request', fields);
    else this.log.info('request', fields);
  }
}

// The rules that were broken, not where: a pointer may hold a name that the client made up.
function reasonOf(problem: Problem | undefined): LogFields {
  if (problem === undefined) return {};
  const { detail: _detail, headers: _headers, errors, ...context } = problem.options;
  const faults = errors === undefined ? {} : { faults: errors.map(({ code }) => code).join(' ') };
  return { ...context, ...faults, problem: problem.code };
}
