import { randomUUID } from 'node:crypto';
import { STATUS_CODES, type IncomingHttpHeaders, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';

import type { FastifyAdapter } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

import type { Config } from '#platform/config/config';
import { PROBLEM_TYPE, problemBytes } from '#platform/problems/problem-body';
import { Problem, type ProblemCode } from '#platform/problems/problem';
import { toProblem } from '#platform/problems/to-problem';

import { securityHeaders } from './security-headers.ts';

/** The largest body, in bytes. */
export const BODY_LIMIT = 16 * 1_024;
/** How long a request may take, in milliseconds. */
export interface RequestTimes {
  /** To arrive, whole. */
  readonly request: number;
  /** Its headers alone. */
  readonly headers: number;
  /** How often it is looked at who is late. */
  readonly check: number;
}

const REQUEST_TIMES: RequestTimes = { request: 15_000, headers: 10_000, check: 2_000 };
/** Longer than the idle time of the usual load balancers (60 s), so that no request meets a connection we just closed. */
const KEEP_ALIVE_MS = 72_000;
const LARGEST_HEADERS = 16 * 1_024;
/** What Node says of a socket that is not worth `malformed-request`. */
const SOCKET_PROBLEMS: Readonly<Record<string, ProblemCode>> = {
  ERR_HTTP_REQUEST_TIMEOUT: 'request-timeout',
  HPE_CHUNK_EXTENSIONS_OVERFLOW: 'payload-too-large',
  HPE_HEADER_OVERFLOW: 'payload-too-large',
};
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
export function fastifyOptions(config: Config, times = REQUEST_TIMES): FastifyOptions {
  return {
    logger: false,
    trustProxy: false,
    bodyLimit: BODY_LIMIT,
    requestTimeout: times.request,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: {
      headersTimeout: times.headers,
      connectionsCheckingInterval: times.check,
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
  const code = SOCKET_PROBLEMS[error.code ?? ''] ?? 'malformed-request';
  const problem = new Problem(code, { reason: error.code ?? error.name });
  const requestId = randomUUID();
  // A client that hung up in the middle of a request has its line already.
  if (error.code !== 'HPE_INVALID_EOF_STATE') {
    server.requestLog.record({ requestId, method: '', route: undefined, status: problem.status, seconds: 0, problem });
  }
  endWith(rawAnswer(config, problem, requestId), socket);
}

/** Answers CONNECT, which Node gives to nobody and hangs up on: this is no proxy, and there is nothing else to do it on. */
export function refuseTunnels(config: Config, server: FastifyInstance): void {
  server.server.on('connect', (request: IncomingMessage, socket: Socket) => {
    const requestId = requestIdOf(request);
    const problem = new Problem('method-not-allowed', { reason: 'tunnel', headers: { allow: '' } });
    server.requestLog.record({ requestId, method: '', route: undefined, status: problem.status, seconds: 0, problem });
    socket.on('error', () => undefined);
    endWith(rawAnswer(config, problem, requestId), socket);
  });
}

function endWith(answer: string, socket: Socket): void {
  if (socket.writable) socket.end(answer);
  // Closed at once, the connection would be reset, and the answer lost, if the client is still sending.
  const linger = setTimeout(() => socket.destroy(), LINGER_MS);
  socket.once('close', () => clearTimeout(linger));
}

function rawAnswer(config: Config, problem: Problem, requestId: string): string {
  const body = problemBytes(config.publicUrl, problem, requestId);
  const headers = {
    ...securityHeaders(config),
    ...problem.headers,
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
