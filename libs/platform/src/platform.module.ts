import { Global, Module, type DynamicModule, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import type { DestinationStream } from 'pino';
import { APP_FILTER, APP_GUARD, APP_PIPE } from '@nestjs/core';

import { Database, type StatementRun } from '#data/database';

import { Config } from './config/config.ts';
import { AccessGuard } from './http/access-guard.ts';
import { ClientGuard } from './http/client-guard.ts';
import { Closing } from './http/closing.ts';
import { Connections } from './http/connections.ts';
import { BodyPipe } from './http/body-pipe.ts';
import { NoBodyGuard } from './http/no-body-guard.ts';
import { PageGuard } from './http/page-guard.ts';
import { RequestLog } from './http/request-log.ts';
import { Routes } from './http/routes.ts';
import { LimitsModule } from './limits/limits.module.ts';
import { SourceLimitGuard } from './limits/source-limit-guard.ts';
import { Log } from './logging/log.ts';
import { NestLog } from './logging/nest-log.ts';
import { MetricsServer } from './metrics/metrics-server.ts';
import { Metrics } from './metrics/metrics.ts';
import { ProblemFilter } from './problems/problem-filter.ts';
import { ProblemsController } from './problems/problems.controller.ts';

const FOR_EVERY_ROUTE: readonly Provider[] = [
  { provide: APP_FILTER, useExisting: ProblemFilter },
  // Guards run in this order: who asks too often is not even asked who they are.
  { provide: APP_GUARD, useExisting: SourceLimitGuard },
  { provide: APP_GUARD, useClass: AccessGuard },
  { provide: APP_GUARD, useClass: PageGuard },
  { provide: APP_GUARD, useClass: NoBodyGuard },
  { provide: APP_PIPE, useClass: BodyPipe },
];

/** What every feature stands on: settings, log, metrics, database, and what happens to every request. */
@Global()
@Module({})
export class PlatformModule implements OnApplicationShutdown {
  constructor(
    private readonly db: Database,
    private readonly closing: Closing,
  ) {}

  static with(config: Config, log?: DestinationStream): DynamicModule {
    const shared: Provider[] = [
      { provide: Config, useValue: config },
      { provide: Log, useFactory: () => new Log(config.logLevel, log) },
      { provide: Metrics, useFactory: makeMetrics },
      { provide: Database, useFactory: openDatabase, inject: [Config, Metrics] },
      Routes,
      ClientGuard,
      Closing,
      Connections,
      RequestLog,
      SourceLimitGuard,
      ProblemFilter,
      NestLog,
      MetricsServer,
    ];
    return {
      module: PlatformModule,
      imports: [LimitsModule],
      controllers: [ProblemsController],
      providers: [...shared, ...FOR_EVERY_ROUTE],
      exports: shared,
    };
  }

  /** The last request has been answered by now, and global modules close last. */
  async onApplicationShutdown(): Promise<void> {
    await this.closing.takeSteps();
    await this.db.close();
  }
}

function makeMetrics(): Metrics {
  const metrics = new Metrics();
  metrics.addProcessMetrics();
  return metrics;
}

function openDatabase(config: Config, metrics: Metrics): Database {
  const duration = metrics.histogram('troth_database_statement_seconds', 'Time a SQL statement took.', ['outcome']);
  const onStatement = ({ milliseconds, outcome }: StatementRun): void => {
    duration.observe({ outcome }, milliseconds / 1_000);
  };
  return Database.open({
    url: config.databaseUrl,
    poolSize: config.databasePool,
    applicationName: 'troth',
    onStatement,
  });
}
