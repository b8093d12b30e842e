import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** An answer that the API did not give. */
export interface Feigned {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: unknown;
}

/** A refusal, as the API words them. */
export function problem(status: number, code: string, retryAfter?: number): Feigned {
  return {
    status,
    headers: {
      'content-type': 'application/problem+json',
      ...(retryAfter === undefined ? {} : { 'retry-after': `${retryAfter}` }),
    },
    body: { type: 'about:blank', title: 'A title', status, code, instance: 'bf1e9e88-99c2-4b49-a51b-d374304816d9' },
  };
}

/** The API, but for what a test has it answer. */
export class FeignedApi {
  readonly #answers = new Map<string, Feigned>();

  private constructor(
    private readonly server: Server,
    private readonly target: string,
  ) {
    server.on('request', (asked: IncomingMessage, reply: ServerResponse) => this.#answer(asked, reply));
  }

  /** Listens on a port of its own, and passes on what is not to be answered otherwise. */
  static async before(target: string): Promise<FeignedApi> {
    // The API says how long it keeps a connection, and this has to keep it as long.
    const server = createServer({ keepAliveTimeout: 0 });
    const api = new FeignedApi(server, target);
    await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
    return api;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  /** Answers a request, as `GET /v1/me`, in place of the API while some work is done. */
  async answering<Result>(line: string, answer: Feigned, work: () => Promise<Result>): Promise<Result> {
    this.#answers.set(line, answer);
    try {
      return await work();
    } finally {
      this.#answers.delete(line);
    }
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  #answer(asked: IncomingMessage, reply: ServerResponse): void {
    const { method = 'GET', url = '/', headers } = asked;
    const feigned = this.#answers.get(`${method} ${url.replace(/\?.*/, '')}`);
    if (feigned !== undefined) {
      asked.resume();
      reply.writeHead(feigned.status, { 'content-type': 'application/json', ...feigned.headers });
      reply.end(JSON.stringify(feigned.body));
      return;
    }
    const passed = request(new URL(url, this.target), { method, headers }, (answer) => {
      reply.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(reply);
    });
    passed.on('error', () => reply.destroy());
    asked.pipe(passed);
  }
}
