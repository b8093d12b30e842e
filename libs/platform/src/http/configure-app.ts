import { HttpAdapterHost } from '@nestjs/core';
import type { FastifyAdapter, NestFastifyApplication } from '@nestjs/platform-fastify';
import type { FastifyInstance } from 'fastify';

import { Config } from '#platform/config/config';
import { sourceOf, TrustedProxies } from '#platform/limits/request-source';
import { runInRequest } from '#platform/logging/request-context';
import type { Problem } from '#platform/problems/problem';

import { allowOrigin } from './cross-origin.ts';
import { BODY_LIMIT } from './fastify-options.ts';
import { parseJsonBody, refuseOtherBodies } from './json-body.ts';
import { serveOpenApi } from './openapi.ts';
import { RequestLog } from './request-log.ts';
import { Routes } from './routes.ts';
import { API_PAGE_HEADERS, securityHeaders } from './security-headers.ts';

export { fastifyOptions } from './fastify-options.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** Where the request comes from: an IPv4 address or an IPv6 /64 network. */
    source: string;
    /** Why it was refused, for its log line. */
    problem: Problem | undefined;
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
  noteRoutes(server, app.get(Routes));
  beginRequests(app);
  readBodies(app, server);
  endRequests(server, requestLog);
  serveOpenApi(app);
  return Promise.resolve();
}

function noteRoutes(server: FastifyInstance, routes: Routes): void {
  server.addHook('onRoute', ({ method, url }) => {
    routes.add(method, url);
  });
}

// The adapter runs this hook before all others, so that whatever answers the request, its answer has id and headers.
function beginRequests(app: NestFastifyApplication): void {
  const config = app.get(Config);
  const routes = app.get(Routes);
  const proxies = new TrustedProxies(config.trustedProxies);
  const headers = securityHeaders(config);
  const { httpAdapter } = app.get<HttpAdapterHost<FastifyAdapter>>(HttpAdapterHost);
  httpAdapter.setOnRequestHook((request, reply, done) => {
    const forwardedFor = request.headers['x-forwarded-for'];
    request.source = sourceOf(request.socket.remoteAddress, [forwardedFor ?? []].flat().join(','), proxies);
    reply.headers(headers).header('x-request-id', request.id);
    if (request.routeOptions.url?.startsWith('/docs')) reply.headers(API_PAGE_HEADERS);
    if (allowOrigin(config.webOrigins, routes, request, reply)) return;
    runInRequest({ requestId: request.id }, done);
  });
}

function readBodies(app: NestFastifyApplication, server: FastifyInstance): void {
  server.addHook('preParsing', (request, _reply, payload, done) => {
    refuseOtherBodies(request, BODY_LIMIT);
    done(null, payload);
  });
  server.removeAllContentTypeParsers();
  app.useBodyParser('application/json', { bodyLimit: BODY_LIMIT }, (_request, body, done) => {
    done(null, parseJsonBody(body));
  });
}

function endRequests(server: FastifyInstance, requestLog: RequestLog): void {
  server.addHook('onResponse', (request, reply, done) => {
    const { method, is404, routeOptions, problem } = request;
    const route = is404 ? undefined : routeOptions.url;
    runInRequest({ requestId: request.id }, () => {
      requestLog.record({ method, route, status: reply.statusCode, seconds: reply.elapsedTime / 1_000, problem });
    });
    done();
  });
}
