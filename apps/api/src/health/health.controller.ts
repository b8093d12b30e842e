import { Controller, Get, Headers, Res } from '@nestjs/common';
import { ApiExcludeEndpoint, ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { Config } from '#platform/config/config';
import { Problems } from '#platform/http/problems';
import { Public } from '#platform/http/public';
import { Unlimited } from '#platform/limits/source-limit';
import { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';

import { Live, Ready } from './health.dto.ts';
import { isMetricsToken } from './metrics-token.ts';
import { Readiness } from './readiness.ts';

/** What an orchestrator and a monitor ask. None of it counts against a limit. */
@ApiTags('operation')
@Controller()
export class HealthController {
  constructor(
    private readonly config: Config,
    private readonly metrics: Metrics,
    private readonly readiness: Readiness,
  ) {}

  /** The process runs and answers. */
  @Get('health/live')
  @Public()
  @Unlimited()
  @Problems()
  live(): Live {
    return { status: 'ok' };
  }

  /** The service can do its work: the database answers and has a schema. */
  @Get('health/ready')
  @Public()
  @Unlimited()
  @Problems()
  async ready(): Promise<Ready> {
    return { status: 'ok', schema: await this.readiness.schema() };
  }

  /** Metrics for Prometheus, for the bearer of `METRICS_TOKEN`; for everybody else there is no such page. */
  @Get('metrics')
  @Public()
  @Unlimited()
  @ApiExcludeEndpoint()
  async exposition(
    @Headers('authorization') authorization: string | undefined,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    if (!isMetricsToken(authorization, this.config.metricsToken)) throw new Problem('not-found');
    const text = await this.metrics.registry.metrics();
    reply.header('content-type', this.metrics.registry.contentType).send(text);
  }
}
