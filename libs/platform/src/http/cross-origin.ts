import type { FastifyReply, FastifyRequest } from 'fastify';

import type { Routes } from './routes.ts';
import { varyBy } from './vary.ts';

const ALLOWED_HEADERS =
  'authorization, content-type, idempotency-key, if-match, if-none-match, troth-transport, x-request-id';
const EXPOSED_HEADERS = 'etag, retry-after, ratelimit, ratelimit-policy, x-request-id';
const PREFLIGHT_SECONDS = '600';

/**
 * Lets pages of the listed origins read answers (CORS), and answers their preflight requests. Resolves to true when the
 * request is answered by that. They may send cookies: what those open is for the guards to say.
 */
export function allowOrigin(
  origins: readonly string[],
  routes: Routes,
  request: FastifyRequest,
  reply: FastifyReply,
): boolean {
  if (origins.length === 0) return false;
  varyBy(reply, 'origin');
  const { origin } = request.headers;
  if (origin === undefined || !origins.includes(origin)) return false;
  reply
    .header('access-control-allow-origin', origin)
    .header('access-control-allow-credentials', 'true')
    .header('access-control-expose-headers', EXPOSED_HEADERS);
  if (request.method !== 'OPTIONS' || request.headers['access-control-request-method'] === undefined) return false;
  const methods = routes.methodsOf(request.url);
  if (methods.length === 0) return false;
  reply
    .header('access-control-allow-methods', methods.join(', '))
    .header('access-control-allow-headers', ALLOWED_HEADERS);
  reply.header('access-control-max-age', PREFLIGHT_SECONDS).code(204).send();
  return true;
}
