import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';

import type { DestinationStream } from 'pino';

import type { Config } from '#platform/config/config';
import { configureApp, fastifyOptions } from '#platform/http/configure-app';
import { NestLog } from '#platform/logging/nest-log';

import { AppModule } from './app.module.ts';

/** The whole API, ready to listen. Tests and the process start it alike; the log goes to standard output unless told otherwise. */
export async function createApp(config: Config, log?: DestinationStream): Promise<NestFastifyApplication> {
  const app = await NestFactory.create<NestFastifyApplication>(
    AppModule.with(config, log),
    new FastifyAdapter(fastifyOptions(config)),
    { bufferLogs: true, abortOnError: false },
  );
  app.useLogger(app.get(NestLog));
  await configureApp(app);
  return app;
}
