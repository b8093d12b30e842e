import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

const OTHERS = 800;

/** A service of breached passwords on loopback, which answers by range as the real one does. */
export class BreachService {
  /** What it was asked for: method, path and whether padding was. */
  readonly asked: string[] = [];
  /** How it answers instead, if it is set. */
  answering: ((request: IncomingMessage, response: ServerResponse) => void) | undefined;
  readonly #server = createServer((request, response) => {
    this.asked.push(`${request.method} ${request.url} ${String(request.headers['add-padding'])}`);
    if (this.answering) this.answering(request, response);
    else response.end(this.#range(String(request.url).slice(-5)));
  });

  private constructor(private readonly counts: Readonly<Record<string, number>>) {}

  /** One that knows these passwords, each so often breached; those that never were only pad its answers. */
  static async knowing(counts: Readonly<Record<string, number>>): Promise<BreachService> {
    const service = new BreachService(counts);
    await new Promise<void>((listening) => service.#server.listen(0, '127.0.0.1', listening));
    return service;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/range`;
  }

  stop(): Promise<void> {
    this.#server.closeAllConnections();
    return new Promise((closed) => this.#server.close(() => closed()));
  }

  #range(prefix: string): string {
    const known = Object.entries(this.counts).map(([password, count]) => [sha1(password), count] as const);
    const others = Array.from(
      { length: OTHERS },
      (_, n) => [`${prefix}${sha1(`${prefix}${n}`).slice(5)}`, n + 1] as const,
    );
    return [...others, ...known]
      .filter(([digest]) => digest.startsWith(prefix))
      .map(([digest, count]) => `${digest.slice(5)}:${count}`)
      .join('\r\n');
  }
}

/** SHA-1 in the spelling of such services. */
export function sha1(text: string): string {
  return createHash('sha1').update(text).digest('hex').toUpperCase();
}
