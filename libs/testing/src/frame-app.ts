import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { Writable } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';

import type { Provider, Type } from '@nestjs/common';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { Test } from '@nestjs/testing';

import { readConfig } from '#platform/config/config';
import { configureApp, fastifyOptions } from '#platform/http/configure-app';
import type { RequestTimes } from '#platform/http/fastify-options';
import { Connections } from '#platform/http/connections';
import { Log } from '#platform/logging/log';
import { PlatformModule } from '#platform/platform.module';

import { eventually } from './eventually.ts';

/** One line of the log. */
export type LogLine = Readonly<Record<string, unknown>>;

/** The frame of every endpoint around a few routes of a test's own, on a port of its own, without a database unless a test gives one. */
export class FrameApp {
  readonly port: number;

  private constructor(
    readonly app: NestFastifyApplication,
    private readonly written: readonly string[],
  ) {
    this.port = (app.getHttpServer().address() as AddressInfo).port;
  }

  static async start(
    controllers: Type[],
    settings: Readonly<Record<string, string>> = {},
    providers: Provider[] = [],
    times?: RequestTimes,
    modules: Type[] = [],
  ): Promise<FrameApp> {
    const config = readConfig({
      NODE_ENV: 'test',
      DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nothing',
      TROTH_SECRET: 'a-secret-of-the-frame-test-0123456789',
      PUBLIC_URL: 'http://troth.test',
      ...settings,
    });
    const written: string[] = [];
    const sink = new Writable({
      write(chunk, _encoding, done) {
        written.push(String(chunk));
        done();
      },
    });
    const imports = [PlatformModule.with(config), ...modules];
    const module = await Test.createTestingModule({ imports, controllers, providers })
      .overrideProvider(Log)
      .useValue(new Log('debug', sink))
      .compile();
    const app = module.createNestApplication<NestFastifyApplication>(
      new FastifyAdapter(fastifyOptions(config, times)),
      {
        logger: false,
      },
    );
    await configureApp(app);
    await app.listen(0, '127.0.0.1');
    return new FrameApp(app, written);
  }

  /** The log so far. */
  get lines(): readonly LogLine[] {
    return this.written.map((line) => JSON.parse(line) as LogLine);
  }

  /** The line of an event of one request, once it is there: a request is logged after its answer has gone. */
  lineOf(requestId: string, event = 'request'): Promise<LogLine> {
    const isIt = (line: LogLine): boolean => line.requestId === requestId && line.event === event;
    return eventually(() => Promise.resolve(this.lines.find(isIt)), 3);
  }

  /** The log so far, as it was written. */
  get logText(): string {
    return this.written.join('');
  }

  fetch(path: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://127.0.0.1:${this.port}${path}`, { redirect: 'manual', ...init });
  }

  postJson(path: string, body: unknown, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const text = typeof body === 'string' ? body : JSON.stringify(body);
    return this.fetch(path, {
      method: 'POST',
      body: text,
      headers: { 'content-type': 'application/json', ...headers },
    });
  }

  /** Sends these very bytes and resolves to everything that comes back until the server closes the connection. */
  send(bytes: string | Uint8Array): Promise<string> {
    return this.sendInPieces([bytes]);
  }

  /** The same, one piece after the other, each in a packet of its own; then, if told so, the client hangs up. */
  async sendInPieces(pieces: readonly (string | Uint8Array)[], hangUp = false): Promise<string> {
    const socket = connect({ port: this.port, host: '127.0.0.1', noDelay: true, allowHalfOpen: true });
    const received: Buffer[] = [];
    socket.on('data', (chunk: Buffer) => received.push(chunk));
    socket.on('error', () => undefined);
    const closed = once(socket, 'close');
    for (const piece of pieces) {
      await new Promise((written) => socket.write(piece, written));
      await pause(5);
    }
    if (hangUp) socket.destroy();
    else if (socket.readableEnded) socket.end();
    else socket.once('end', () => socket.end());
    await closed;
    return Buffer.concat(received).toString('utf8');
  }

  /** Also when a test has left answers unread. */
  async close(): Promise<void> {
    this.app.get(Connections).closeAll();
    await this.app.close();
  }
}
