import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import type { FastifyInstance } from 'fastify';

import { Config } from '#platform/config/config';
import { UNLIMITED } from '#platform/limits/source-limit';
import { ProblemFilter } from '#platform/problems/problem-filter';
import { PROBLEM_TYPE } from '#platform/problems/problem-body';
import { PROBLEMS, type ProblemCode } from '#platform/problems/problem';

import { serveApiPage } from './api-page.ts';
import { BASIC_SCHEME } from './basic.ts';
import { BEARER_SCHEME, COOKIE_SCHEME, RECENT, REQUIRED_ROLE } from './bearer.ts';
import { CLIENT_SCHEME } from './client.ts';
import { addDetails, operationsOf, writingOperationsOf, type Operation as PlainOperation } from './openapi-details.ts';
import { TAGGED } from './entity-tags.ts';
import { HEADERS, headersOf, REQUEST_ID } from './openapi-headers.ts';
import { PROBLEM_SCHEMA } from './problem-schema.ts';
import { ROUTE_PROBLEMS } from './problems.ts';
import { ACCESS_COOKIE } from './token-cookies.ts';
import { TRANSPORT_HEADER } from './token-transport.ts';

const DESCRIPTION = `Registration and authentication: who is this, is this address really theirs, and how do they leave.

Errors are problems of RFC 9457; the \`type\` of each leads to a page that explains it. Every answer carries the
request's \`X-Request-Id\`. Limits per source show in the \`RateLimit\` and \`RateLimit-Policy\` headers.`;

const OF_ANY_ROUTE: readonly ProblemCode[] = ['malformed-request', 'request-timeout', 'internal', 'overloaded'];
const OF_A_BODY: readonly ProblemCode[] = ['payload-too-large', 'unsupported-media-type', 'validation-failed'];

type Operation = PlainOperation & {
  [ROUTE_PROBLEMS]?: readonly ProblemCode[];
  [UNLIMITED]?: boolean;
  [RECENT]?: boolean;
  [TAGGED]?: boolean;
  [REQUIRED_ROLE]?: string;
  [TAGGED]?: boolean;
};

/** The OpenAPI 3.1 document of every route, with the problems it answers. */
function openApiDocument(app: NestFastifyApplication): OpenAPIObject {
  const options = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle('Troth')
    .setDescription(DESCRIPTION)
    .setVersion('1')
    .setLicense('MIT', 'https://spdx.org/licenses/MIT.html')
    .addServer(app.get(Config).publicUrl)
    .addSecurity(BASIC_SCHEME, { type: 'http', scheme: 'basic', description: 'E-mail address and password, in UTF-8.' })
    .addSecurity(BEARER_SCHEME, {
      type: 'http',
      scheme: 'bearer',
      bearerFormat: 'JWT',
      description: 'An access token.',
    })
    .addSecurity(COOKIE_SCHEME, {
      type: 'apiKey',
      in: 'cookie',
      name: ACCESS_COOKIE,
      description:
        'The same token in a cookie, which counts without Authorization alone. What changes anything has to come from a page of WEB_ORIGINS.',
    })
    .addSecurity(CLIENT_SCHEME, { type: 'http', scheme: 'basic', description: 'Id and key of a client.' })
    .build();
  const operationIdFactory = (_controller: string, method: string): string => method;
  const document = SwaggerModule.createDocument(app, options, { operationIdFactory });
  addDetails(document);
  const components = (document.components ??= {});
  Object.assign((components.schemas ??= {}), { Problem: PROBLEM_SCHEMA });
  Object.assign(components, { headers: HEADERS, parameters: { 'X-Request-Id': REQUEST_ID } });
  const writing = new Set(writingOperationsOf(document));
  for (const operation of operationsOf(document)) addProblems(operation, writing.has(operation));
  return document;
}

/** Serves the document at /openapi.json and Swagger UI at /docs, both from this process alone, without a guard. */
export function serveOpenApi(app: NestFastifyApplication): void {
  let built: OpenAPIObject | undefined;
  const document = (): OpenAPIObject => (built ??= openApiDocument(app));
  // The page asks whoever it came from: by another name of this host, its policy would refuse what it tries out.
  const { pathname } = new URL(app.get(Config).publicUrl);
  const filter = app.get(ProblemFilter);
  const server: FastifyInstance = app.getHttpAdapter().getInstance();
  server.register((pages, _options, done) => {
    pages.setErrorHandler((error, request, reply) => {
      filter.answer(error, request, reply);
    });
    pages.get('/openapi.json', (_, reply) => reply.send(document()));
    serveApiPage(pages, () => ({ ...document(), servers: [{ url: pathname }] }));
    done();
  });
}

function addProblems(operation: Operation, isWriting: boolean): void {
  const { responses } = operation;
  const answered = {
    isLimited: operation[UNLIMITED] !== true,
    handsTokens: handsTokens(operation),
    isTagged: operation[TAGGED] === true,
  };
  for (const [status, codes] of byStatus(problemsOf(operation, isWriting))) {
    responses[status] = {
      description: codes.map((code) => `\`${code}\`: ${PROBLEMS[code].title}`).join(' '),
      content: { [PROBLEM_TYPE]: { schema: { $ref: '#/components/schemas/Problem' } } },
    };
  }
  for (const [status, response] of Object.entries(responses))
    if (response && !('$ref' in response))
      response.headers = { ...response.headers, ...headersOf(Number(status), answered) };
  operation.parameters = [...(operation.parameters ?? []), { $ref: '#/components/parameters/X-Request-Id' }];
  for (const extension of [ROUTE_PROBLEMS, UNLIMITED, RECENT, TAGGED]) Reflect.deleteProperty(operation, extension);
}

function problemsOf(operation: Operation, isWriting: boolean): readonly ProblemCode[] {
  return [
    ...OF_ANY_ROUTE,
    ...(operation[ROUTE_PROBLEMS] ?? []),
    ...(isWriting ? OF_A_BODY : []),
    ...(operation.security === undefined ? [] : (['unauthenticated'] as const)),
    ...(takesToken(operation) ? (['session-revoked'] as const) : []),
    ...(refusesSome(operation, isWriting) ? (['forbidden'] as const) : []),
    ...(operation[RECENT] === true ? (['reauthentication-required'] as const) : []),
    ...(operation[UNLIMITED] === true ? [] : (['rate-limited'] as const)),
  ];
}

function takesToken({ security = [] }: Operation): boolean {
  return security.some((schemes) => BEARER_SCHEME in schemes);
}

/** Foreign pages where cookies count or are handed out, and whoever lacks the role. */
function refusesSome(operation: Operation, isWriting: boolean): boolean {
  return (takesToken(operation) && isWriting) || handsTokens(operation) || operation[REQUIRED_ROLE] !== undefined;
}

function handsTokens({ parameters = [] }: Operation): boolean {
  return parameters.some((parameter) => 'name' in parameter && parameter.name === TRANSPORT_HEADER);
}

function byStatus(codes: readonly ProblemCode[]): ReadonlyMap<string, readonly ProblemCode[]> {
  const groups = new Map<string, ProblemCode[]>();
  for (const code of new Set(codes)) {
    const status = String(PROBLEMS[code].status);
    groups.set(status, [...(groups.get(status) ?? []), code]);
  }
  return groups;
}
