import type { FastifyRequest } from 'fastify';

/**
 * How often a header field came; `field` in lower case. Of some that come more than once Node keeps the first alone, and
 * others may have read another one.
 */
export function timesOf(field: string, { raw: { rawHeaders } }: FastifyRequest): number {
  let times = 0;
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index] ?? '';
    if (name.length === field.length && name.toLowerCase() === field) times += 1;
  }
  return times;
}

/** What stands in the Authorization header; undefined when it is missing or given twice. */
export function authorizationOf(request: FastifyRequest): string | undefined {
  const { authorization } = request.headers;
  return authorization !== undefined && timesOf('authorization', request) === 1 ? authorization : undefined;
}
