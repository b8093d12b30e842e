import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';

import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

import type { Config } from '#platform/config/config';
import { PROBLEM_TYPE, problemBytes } from '#platform/problems/problem-body';
import { Problem } from '#platform/problems/problem';
import { toProblem } from '#platform/problems/to-problem';

import { securityHeaders } from './security-headers.ts';

/** The largest body, in bytes. */
export const BODY_LIMIT = 16 * 1_024;
/** The longest a request may take to arrive, and its headers alone, in milliseconds. */
const REQUEST_TIMEOUT_MS = 15_000;
const HEADERS_TIMEOUT_MS = 10_000;
const TIMEOUT_CHECK_MS = 2_000;
/** Longer than the idle time of the usual load balancers (60 s), so that no request meets a connection we just closed. */
const KEEP_ALIVE_MS = 72_000;
const LARGEST_HEADERS = 16 * 1_024;
const TOO_LARGE: ReadonlySet<string> = new Set(['HPE_HEADER_OVERFLOW', 'HPE_CHUNK_EXTENSIONS_OVERFLOW']);
/** How long a refused connection may go on sending, in milliseconds. */
const LINGER_MS = 500;

const REQUEST_ID = /^[A-Za-z0-9._-]{1,64}$/;

type FastifyOptions = Extract<NonNullable<ConstructorParameters<typeof FastifyAdapter>[0]>, { bodyLimit?: number }>;

type FrameworkErrors = NonNullable<FastifyOptions['frameworkErrors']>;
type UnroutedRequest = Parameters<FrameworkErrors>[1];
type UnroutedReply = Parameters<FrameworkErrors>[2];

/** The X-Request-Id of the client if it is well-formed, else a fresh one. */
function requestIdOf(request: { readonly headers: IncomingHttpHeaders }): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && REQUEST_ID.test(given) ? given : randomUUID();
}

/** How Fastify is set up: limits of size and time, and problems for what it answers before any route is known. */
export function fastifyOptions(config: Config): FastifyOptions {
  return {
    logger: false,
    trustProxy: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: REQUEST_TIMEOUT_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: {
      headersTimeout: HEADERS_TIMEOUT_MS,
      connectionsCheckingInterval: TIMEOUT_CHECK_MS,
      maxHeaderSize: LARGEST_HEADERS,
      // Refused by a hook instead, so that the answer is a problem.
      requireHostHeader: false,
    },
    forceCloseConnections: 'idle',
    // A request that comes in while the server closes is answered, and its connection closed.
    return503OnClosing: false,
    requestIdHeader: false,
    genReqId: requestIdOf,
    frameworkErrors(error, request, reply) {
      answerUnrouted(config, error, request, reply);
    },
    clientErrorHandler(this: FastifyInstance, error: NodeJS.ErrnoException, socket: Socket) {
      answerSocket(config, error, socket, this);
    },
  };
}

// The router refused the URL: none of the hooks of a request has run or will run.
function answerUnrouted(config: Config, error: unknown, request: UnroutedRequest, reply: UnroutedReply): void {
  const problem = toProblem(error);
  const headers = { ...securityHeaders(config), 'x-request-id': request.id, 'content-type': PROBLEM_TYPE };
  const { method, server, id: requestId } = request;
  server.requestLog.record({ requestId, method, route: undefined, status: problem.status, seconds: 0, problem });
  reply
    .code(problem.status)
    .headers(headers)
    .send(problemBytes(config.publicUrl, problem, request.id));
}

// What arrived is not HTTP, too large or too late: there is a socket, but no request to answer by.
function answerSocket(config: Config, error: NodeJS.ErrnoException, socket: Socket, server: FastifyInstance): void {
  if (error.code === 'ECONNRESET' || socket.destroyed || socket.writableEnded) return;
  const problem = new Problem(TOO_LARGE.has(error.code ?? '') ? 'payload-too-large' : 'malformed-request', {
    reason: error.code ?? error.name,
  });
  const requestId = randomUUID();
  // A client that hung up in the middle of a request has its line already.
  if (error.code !== 'HPE_INVALID_EOF_STATE') {
    server.requestLog.record({ requestId, method: '', route: undefined, status: problem.status, seconds: 0, problem });
  }
  if (socket.writable) socket.end(rawAnswer(config, problem, requestId));
  // Closed at once, the connection would be reset, and the answer lost, if the client is still sending.
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(linger));
}

function rawAnswer(config: Config, problem: Problem, requestId: string): string {
  const body = problemBytes(config.publicUrl, problem, requestId);
  const headers = {
    ...securityHeaders(config),
    'content-type': PROBLEM_TYPE,
    'content-length': body.length,
    'x-request-id': requestId,
    connection: 'close',
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`, ...lines, '', body.toString('utf8')].join(
    '\r\n',
  );
}
