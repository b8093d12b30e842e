import type { OpenAPIObject } from '@nestjs/swagger';

type Headers = NonNullable<NonNullable<OpenAPIObject['components']>['headers']>;

/** The headers of answers that are worth telling, by their names. */
export const HEADERS = {
  ETag: { description: 'Names this state of what is shown (RFC 9110, 8.8.3).', schema: { type: 'string' } },
  'X-Request-Id': {
    description: 'The request id; the one of the request, if it was well-formed.',
    schema: { type: 'string' },
  },
  RateLimit: {
    description: 'For each limit of the source: what is left (`r`) and for how many seconds (`t`).',
    schema: { type: 'string' },
  },
  'RateLimit-Policy': {
    description: 'For each limit of the source: how many requests (`q`) in how many seconds (`w`).',
    schema: { type: 'string' },
  },
  'Retry-After': { description: 'Seconds to wait before the next try.', schema: { type: 'integer', minimum: 1 } },
  'Set-Cookie': {
    description: 'The tokens, with `Troth-Transport: cookie`; one field each.',
    schema: { type: 'string' },
  },
  'WWW-Authenticate': { description: 'The credentials that are wanted.', schema: { type: 'string' } },
} as const satisfies Headers;

/** The request id as a request may bring it. */
export const REQUEST_ID = {
  name: 'X-Request-Id',
  in: 'header',
  required: false,
  description: 'A request id of your own; one that is not well-formed is replaced.',
  schema: { type: 'string', pattern: '^[A-Za-z0-9._-]{1,64}$' },
} as const;

/** What is answered before the request is counted. */
const NOT_COUNTED: ReadonlySet<number> = new Set([400, 408, 413, 415]);

/** What the headers of an answer depend on besides its status. */
interface AnsweredRoute {
  readonly isLimited: boolean;
  readonly handsTokens: boolean;
  readonly isTagged: boolean;
}

/** The headers of an answer, as references to the components of the document. */
export function headersOf(status: number, { isLimited, handsTokens, isTagged }: AnsweredRoute): Headers {
  const names: readonly (keyof typeof HEADERS)[] = [
    'X-Request-Id',
    ...(isTagged && status < 400 ? (['ETag'] as const) : []),
    ...(isLimited && !NOT_COUNTED.has(status) ? (['RateLimit', 'RateLimit-Policy'] as const) : []),
    ...(handsTokens && status < 300 ? (['Set-Cookie'] as const) : []),
    ...(status === 429 || status === 503 ? (['Retry-After'] as const) : []),
    ...(status === 401 ? (['WWW-Authenticate'] as const) : []),
  ];
  return Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));
}
