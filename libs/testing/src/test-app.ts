import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';

import type { DestinationStream } from 'pino';
import supertest from 'supertest';

import { Database } from '#data/database';
import { createApp } from '#api/app';
import { HousekeepingModule } from '#api/housekeeping/housekeeping.module';
import { readConfig } from '#platform/config/config';
import { closeGracefully } from '#platform/http/shutdown';
import { Metrics } from '#platform/metrics/metrics';

import { freshDatabase, type TestDatabase } from './fresh-database.ts';
import { routeTable, type TableRoute } from './route-table.ts';

/** A letter as the development mailbox shows it. */
export interface MailboxLetter {
  readonly id: string;
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** What an endpoint answered. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The parsed body; undefined when it is not JSON. */
  readonly body: unknown;
}

/** How a request differs from a plain GET. */
export interface Ask {
  readonly method?: string;
  readonly body?: unknown;
  /** HTTP Basic credentials. */
  readonly as?: readonly [email: string, password: string];
  readonly headers?: Readonly<Record<string, string>>;
}

/** A class that the service is made of; its constructor may be private. */
type PartClass<Part> = NewableFunction & { readonly prototype: Part };

/** The whole API on a database of its own, listening on loopback. */
export interface TestApp {
  readonly url: string;
  readonly db: TestDatabase;
  /** What its controllers declare. */
  readonly routes: readonly TableRoute[];
  ask(path: string, ask?: Ask): Promise<Answer>;
  /** A part of the running service. */
  get<Part>(part: PartClass<Part>): Part;
  /** Texts of the statements that requests and jobs ran since the last call. */
  statements(): readonly string[];
  /** Hears of every request when it comes. */
  onRequest(heard: (request: IncomingMessage) => void): void;
  /** The metrics in the text form of Prometheus. */
  metrics(): Promise<string>;
  /** Requests that claimants had to send again because the service shed them; `stop` tells how many. */
  readonly shed: { requests: number };
  /** Ends as the process does on SIGTERM, but for the process; resolves to its exit status. The database stays. */
  terminate(): Promise<number>;
  stop(): Promise<void>;
}

/** The secret of every test app. */
export const TEST_SECRET = 'a secret for tests alone that is long enough';

/** Settings of the tests: no limits per source that would get in the way, no purge unless a test wants one. */
const SETTINGS = {
  NODE_ENV: 'test',
  PORT: '0',
  LOG_LEVEL: 'silent',
  TROTH_SECRET: TEST_SECRET,
  RATE_LIMIT_SCALE: '100000',
  PURGE_INTERVAL_SECONDS: '0',
};

/** Starts the API as `main` does, on a fresh database or on a given one. */
export async function startTestApp(
  settings: Readonly<Record<string, string>> = {},
  database?: TestDatabase,
  log?: DestinationStream,
): Promise<TestApp> {
  const db = database ?? (await freshDatabase());
  const config = readConfig({ ...SETTINGS, DATABASE_URL: db.appUrl, ...settings });
  const app = await createApp(config, log);
  const statements: string[] = [];
  const shed = { requests: 0 };
  app.get(Database).onStatement(({ text }) => statements.push(text.replace(/\s+/g, ' ').trim()));
  await app.listen(0, '127.0.0.1');
  // What jobs do at the start is no part of any request.
  await app.get(HousekeepingModule).runAll();
  const { port } = app.getHttpServer().address() as AddressInfo;
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    db,
    routes: routeTable(app),
    ask: (path, ask) => send(url, path, ask),
    get: <Part>(part: PartClass<Part>) => app.get<Part>(part),
    statements: () => statements.splice(0),
    onRequest: (heard) => {
      const server: Server = app.getHttpServer();
      server.prependListener('request', heard);
    },
    metrics: () => app.get(Metrics).registry.metrics(),
    shed,
    terminate: () => closeGracefully(app, 'SIGTERM'),
    stop: async () => {
      if (shed.requests > 0) process.stdout.write(`${shed.requests} requests were shed (503) and sent again.\n`);
      await app.close();
      if (!database) await db.drop();
    },
  };
}

async function send(url: string, path: string, { method, body, as, headers }: Ask = {}): Promise<Answer> {
  const verb = method ?? (body === undefined ? 'GET' : 'POST');
  const request = supertest(url)
    [methodOf(verb)](path)
    .set({
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      ...(as === undefined ? {} : { authorization: basic(...as) }),
      ...headers,
    })
    .redirects(0)
    .buffer(true)
    .parse((response, done) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => done(null, Buffer.concat(parts).toString('utf8')));
    });
  const response = await request.send(typeof body === 'object' ? JSON.stringify(body) : (body as string | undefined));
  const text = response.body as string;
  return {
    status: response.status,
    headers: headersOf(response.headers),
    text,
    body: parsed(text),
  };
}

// Fields of one name stay apart: a cookie may hold a comma.
function headersOf(fields: Readonly<Record<string, string | readonly string[]>>): Headers {
  const headers = new Headers();
  for (const [name, value] of Object.entries(fields)) for (const one of [value].flat()) headers.append(name, one);
  return headers;
}

function methodOf(verb: string): 'get' | 'post' | 'put' | 'patch' | 'delete' | 'head' | 'options' {
  return verb.toLowerCase() as 'get';
}

/** The Authorization header of HTTP Basic in UTF-8 (RFC 7617). */
function basic(email: string, password: string): string {
  return `Basic ${Buffer.from(`${email}:${password}`, 'utf8').toString('base64')}`;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
