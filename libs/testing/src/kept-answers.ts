import type { Place } from './canaries.ts';

/** A request, but for its route and its path. */
export interface KeptRequest {
  readonly body?: unknown;
  /** HTTP Basic credentials. */
  readonly as?: string;
  /** The address it comes from; another one each time unless it is told. */
  readonly from?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Asks a service behind a trusted proxy, and keeps every answer with its headers. */
export class KeptAnswers {
  readonly places: Place[] = [];
  /** Routes that were asked. */
  readonly routes = new Set<string>();
  #sources = 0;

  constructor(private readonly url: () => string) {}

  async ask(route: string, path: string, { body, as, from, headers }: KeptRequest = {}): Promise<number> {
    const [method = ''] = route.split(' ');
    const isText = typeof body === 'string';
    const answer = await fetch(this.url() + path, {
      method,
      redirect: 'manual',
      headers: {
        'x-forwarded-for': from ?? `198.51.100.${++this.#sources % 250}`,
        ...(body === undefined || isText ? {} : { 'content-type': 'application/json' }),
        ...(as === undefined ? {} : { authorization: `Basic ${Buffer.from(as).toString('base64')}` }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: isText ? body : JSON.stringify(body) }),
    });
    const text = `${answer.status} ${JSON.stringify([...answer.headers])}\n${await answer.text()}`;
    this.places.push({ of: `answer of ${route}`, text });
    this.routes.add(route);
    return answer.status;
  }
}
