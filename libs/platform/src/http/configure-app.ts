import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance, FastifyRequest } from 'fastify';

import { Config } from '#platform/config/config';
import { HashGate } from '#platform/hashing/hash-gate';
import { sourceOf, TrustedProxies } from '#platform/limits/request-source';
import { SourceLimitGuard } from '#platform/limits/source-limit-guard';
import { Problem } from '#platform/problems/problem';

import { Connections } from './connections.ts';
import { allowOrigin } from './cross-origin.ts';
import { entityTagsOf } from './entity-tags.ts';
import { BODY_LIMIT, refuseTunnels } from './fastify-options.ts';
import { idempotencyKeyOf } from './idempotency-key.ts';
import { MERGE_PATCH, parseFormBody, parseJsonBody, refuseOtherBodies } from './json-body.ts';
import { serveOpenApi } from './openapi.ts';
import { timesOf } from './raw-headers.ts';
import { RequestLog } from './request-log.ts';
import { Routes } from './routes.ts';
import { securityHeaders } from './security-headers.ts';
import { transportOf } from './token-transport.ts';
import { isFromWebPage } from './web-page.ts';

export { fastifyOptions } from './fastify-options.ts';

const CLOSING = { headers: { connection: 'close' } };
/** The status that the log gives to a request whose client hung up before it was answered. */
const ABANDONED = 499;

declare module 'fastify' {
  interface FastifyRequest {
    /** Where the request comes from: an IPv4 address or an IPv6 /64 network. */
    source: string;
    /** A page of WEB_ORIGINS made it. */
    fromWebPage: boolean;
    /** Why it was refused, for its log line. */
    problem: Problem | undefined;
    /** When it began, in milliseconds of the monotonic clock. */
    began: number;
  }
  interface FastifyInstance {
    requestLog: RequestLog;
  }
}

/** Everything between the socket and the guards, and the API page: the same in the process and in tests. */
export function configureApp(app: NestFastifyApplication): Promise<void> {
  const server: FastifyInstance = app.getHttpAdapter().getInstance();
  const requestLog: RequestLog = app.get(RequestLog);
  server.decorate('requestLog', requestLog);
  server.decorateRequest('source', '');
  server.decorateRequest('problem', undefined);
  server.decorateRequest('began', 0);
  server.decorateRequest('fromWebPage', false);
  server.decorateRequest('session', undefined);
  server.decorateRequest('sessionCookie', false);
  server.decorateRequest('client', undefined);
  server.decorateRequest('countedFailures', undefined);
  server.decorateRequest('limitsOfCredentials', undefined);
  noteRoutes(server, app.get(Routes));
  ignoreExpectations(server);
  refuseTunnels(app.get(Config), server);
  app.get(Connections).watch(server.server);
  beginRequests(app);
  shedHashes(app, server);
  readBodies(app, server);
  countRequests(server, app.get(SourceLimitGuard));
  endRequests(server, requestLog, app.get(SourceLimitGuard));
  serveOpenApi(app);
  return Promise.resolve();
}

function noteRoutes(server: FastifyInstance, routes: Routes): void {
  server.addHook('onRoute', ({ method, url }) => {
    routes.add(method, url);
  });
}

// Node answers 417 without a body to any expectation but 100-continue; it may as well be ignored (RFC 9110, 10.1.1).
function ignoreExpectations({ server }: FastifyInstance): void {
  server.on('checkExpectation', (request, response) => server.emit('request', request, response));
}

// The adapter runs this hook before all others, so that whatever answers the request, its answer has id and headers.
function beginRequests(app: NestFastifyApplication): void {
  const config = app.get(Config);
  const routes = app.get(Routes);
  const proxies = new TrustedProxies(config.trustedProxies);
  const headers = securityHeaders(config);
  const { httpAdapter } = app.get<HttpAdapterHost<FastifyAdapter>>(HttpAdapterHost);
  httpAdapter.setOnRequestHook((request, reply, done) => {
    request.began = performance.now();
    request.source = sourceOf(request.socket.remoteAddress, forwardedFor(request), proxies);
    request.fromWebPage = isFromWebPage(config.webOrigins, request.headers);
    reply.headers(headers).header('x-request-id', request.id);
    const hosts = timesOf('host', request);
    // HTTP/1.0 knows no Host (RFC 9112, 3.2).
    if (hosts > 1 || (hosts === 0 && request.raw.httpVersion === '1.1'))
      done(new Problem('malformed-request', CLOSING));
    else if (!allowOrigin(config.webOrigins, routes, request, reply)) done();
  });
}

// Nothing of the request has been read by then but its head.
function shedHashes(app: NestFastifyApplication, server: FastifyInstance): void {
  server.addHook('onRequest', ({ routeOptions }, _reply, done) => {
    if (routeOptions.config.frame?.hashes === true) app.get<HashGate>(HashGate, { strict: false }).ensureRoom();
    done();
  });
}

// Several fields are one list (RFC 9110, 5.3).
function forwardedFor({ headers: { 'x-forwarded-for': given } }: FastifyRequest): string | undefined {
  return Array.isArray(given) ? given.join(',') : given;
}

function readBodies(app: NestFastifyApplication, server: FastifyInstance): void {
  server.addHook('preParsing', (request, _reply, payload, done) => {
    refuseOtherBodies(request, BODY_LIMIT, request.routeOptions.config.frame?.form === true ? 'form' : 'json');
    if (timesOf('content-type', request) > 1) throw new Problem('malformed-request', CLOSING);
    done(null, payload);
  });
  server.removeAllContentTypeParsers();
  for (const type of ['application/json', MERGE_PATCH])
    app.useBodyParser(type, { bodyLimit: BODY_LIMIT }, (_request, body, done) => {
      done(null, parseJsonBody(body));
    });
  // It reaches routes with @FormBody() alone: everywhere else the type is refused above.
  app.useBodyParser('application/x-www-form-urlencoded', { bodyLimit: BODY_LIMIT }, (_request, body, done) => {
    done(null, parseFormBody(body));
  });
}

// After the body was read, because what is malformed is told first, and before any guard. Routes of the framework and
// paths that lead nowhere have no guard. A header that a route takes is a part of the message like its body.
function countRequests(server: FastifyInstance, limits: SourceLimitGuard): void {
  server.addHook('preHandler', (request, reply, done) => {
    const { apart, condition, keyed, handsTokens, unlimited } = request.routeOptions.config.frame ?? {};
    if (keyed === true) idempotencyKeyOf(request);
    if (condition !== undefined) entityTagsOf(condition, request);
    if (handsTokens === true) transportOf(request);
    if (unlimited !== true && apart !== true) limits.countOfAll(request, reply);
    done();
  });
}

function endRequests(server: FastifyInstance, requestLog: RequestLog, limits: SourceLimitGuard): void {
  server.addHook('onResponse', (request, reply, done) => {
    limits.settle(request, reply.statusCode);
    record(requestLog, request, reply.statusCode, reply.elapsedTime);
    done();
  });
  // Nobody waits for the answer any more, and it will not be sent.
  server.addHook('onRequestAbort', (request, done) => {
    record(requestLog, request, ABANDONED, performance.now() - request.began);
    done();
  });
}

function record(requestLog: RequestLog, request: FastifyRequest, status: number, milliseconds: number): void {
  const { method, is404, routeOptions, problem } = request;
  const route = is404 ? undefined : routeOptions.url;
  requestLog.record({ requestId: request.id, method, route, status, seconds: milliseconds / 1_000, problem });
}
