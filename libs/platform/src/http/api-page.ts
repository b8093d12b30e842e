import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';

import type { OpenAPIObject } from '@nestjs/swagger';
import type { FastifyInstance, FastifyReply } from 'fastify';

import { API_PAGE_HEADERS } from './security-headers.ts';

const require = createRequire(import.meta.url);
const SWAGGER_UI = path.dirname(require.resolve('swagger-ui-dist/package.json'));

/** The files of Swagger UI that the page loads; no other file of the package is served. */
const FILES: Readonly<Record<string, string>> = {
  'favicon-32x32.png': 'image/png',
  'swagger-ui-bundle.js': 'text/javascript',
  'swagger-ui.css': 'text/css',
};

/** Serves Swagger UI for the document at /docs, from this process alone. */
export function serveApiPage(server: FastifyInstance, document: () => OpenAPIObject): void {
  server.get('/docs', (_, reply) => answer(reply, 'text/html', pageOf('./docs/')));
  server.get('/docs/', (_, reply) => answer(reply, 'text/html', pageOf('./')));
  server.get('/docs/swagger-ui-init.js', (_, reply) => answer(reply, 'text/javascript', startOf(document())));
  for (const [name, type] of Object.entries(FILES)) {
    let file: Promise<PageFile> | undefined;
    server.get(`/docs/${name}`, async (request, reply) => {
      const { content, etag } = await (file ??= readPageFile(name));
      const isKnown = request.headers['if-none-match'] === etag;
      return answer(reply.code(isKnown ? 304 : 200).header('etag', etag), type, isKnown ? undefined : content);
    });
  }
}

/** A file of the page, with its entity tag (RFC 9110, 8.8.3). */
interface PageFile {
  readonly content: Buffer;
  readonly etag: string;
}

async function readPageFile(name: string): Promise<PageFile> {
  const content = await readFile(path.join(SWAGGER_UI, name));
  return { content, etag: `"${createHash('sha256').update(content).digest('base64url')}"` };
}

function answer(reply: FastifyReply, type: string, content?: string | Buffer): FastifyReply {
  return reply.headers(API_PAGE_HEADERS).type(type).send(content);
}

function pageOf(base: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
  <meta charset="utf-8">
  <meta name="viewport" content="width=device-width, initial-scale=1">
  <title>Troth API</title>
  <link rel="stylesheet" href="${base}swagger-ui.css">
  <link rel="icon" type="image/png" href="${base}favicon-32x32.png">
</head>
<body>
  <div id="swagger-ui"></div>
  <script src="${base}swagger-ui-bundle.js"></script>
  <script src="${base}swagger-ui-init.js"></script>
</body>
</html>
`;
}

function startOf(document: OpenAPIObject): string {
  return `SwaggerUIBundle({ dom_id: '#swagger-ui', deepLinking: true, spec: ${JSON.stringify(document)} });\n`;
}
