import { Body, Controller, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { ApiProperty } from '@nestjs/swagger';
import { IsOptional, IsString } from 'class-validator';

import { SourceLimit, Unlimited } from '#platform/limits/source-limit';
import { PROBLEMS } from '#platform/problems/problem';
import { FrameApp } from '#testing/frame-app';

import { Basic, type Credentials } from './basic.ts';
import { IdempotencyKey } from './idempotency-key.ts';
import { Problems } from './problems.ts';
import { Public } from './public.ts';

class NoteDto {
  @ApiProperty()
  @IsString()
  text!: string;

  @ApiProperty({ type: String, nullable: true, required: false })
  @IsOptional()
  @IsString()
  mood?: string | null;

  @ApiProperty({ required: false, description: 'When.\n@format date-time' })
  @IsOptional()
  @IsString()
  at?: string;
}

@Controller('v1/notes')
class NotesController {
  @Post()
  @HttpCode(201)
  @SourceLimit('registrations')
  @Problems('idempotency-conflict', 'activation-failed')
  write(@Basic() _writer: Credentials, @Body() _dto: NoteDto, @IdempotencyKey() _key: string | undefined): object {
    return {};
  }

  @Public()
  @Delete()
  @HttpCode(204)
  @Problems()
  remove(): void {
    return undefined;
  }

  @Public()
  @Get()
  @Unlimited()
  @Problems()
  read(): object {
    return {};
  }
}

interface Document {
  readonly openapi: string;
  readonly servers: unknown;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, unknown>>; readonly securitySchemes: unknown };
}

interface Operation {
  readonly operationId: string;
  readonly security?: unknown;
  readonly parameters?: unknown;
  readonly responses: Readonly<
    Record<string, { readonly description: string; readonly content: unknown; readonly headers?: object }>
  >;
}

let frame: FrameApp;
beforeAll(async () => {
  frame = await FrameApp.start([NotesController]);
});
afterAll(() => frame.close());

async function documentOf(): Promise<Document> {
  return (await (await frame.fetch('/openapi.json')).json()) as Document;
}

test('the document is OpenAPI 3.1 of every route, with the server and the way to log in', async () => {
  const document = await documentOf();
  expect([document.openapi, document.servers]).toEqual(['3.1.0', [{ url: 'http://troth.test' }]]);
  expect(Object.keys(document.paths).sort()).toEqual(['/problems/{code}', '/v1/notes']);
  expect(document.components.securitySchemes).toMatchObject({ basic: { type: 'http', scheme: 'basic' } });
});

test('the API page tries things out where it came from, under the path of the public URL', async () => {
  const script = await (await frame.fetch('/docs/swagger-ui-init.js')).text();
  const [, server] = /"servers":\[\{"url":"([^"]*)"/.exec(script) ?? [];
  expect(server).toBe('/');
  const below = await FrameApp.start([NotesController], { PUBLIC_URL: 'https://example.com/auth' });
  try {
    const elsewhere = await (await below.fetch('/docs/swagger-ui-init.js')).text();
    expect(elsewhere).toMatch(/"servers":\[\{"url":"\/auth"/);
  } finally {
    await below.close();
  }
});

test('an operation tells every problem it can answer with', async () => {
  const { post, get } = (await documentOf()).paths['/v1/notes'] ?? {};
  expect(Object.keys(post?.responses ?? {})).toEqual([
    '201',
    '400',
    '401',
    '408',
    '409',
    '413',
    '415',
    '422',
    '429',
    '500',
    '503',
  ]);
  expect(post?.responses['401']).toMatchObject({
    description:
      '`activation-failed`: The code or the password is not right, or the claim has ended. ' +
      '`unauthenticated`: Credentials are missing, malformed or no longer good.',
    content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } },
  });
  expect(post?.security).toEqual([{ basic: [] }]);
  expect(Object.keys(get?.responses ?? {})).toEqual(['200', '400', '408', '500', '503']);
  expect(get?.security).toBeUndefined();
  expect(JSON.stringify([post, get])).not.toContain('"x-');
});

test('an operation tells the headers of each answer, and those it takes', async () => {
  const { post, get, delete: remove } = (await documentOf()).paths['/v1/notes'] ?? {};
  const headersOf = (operation: Operation | undefined, status: string): readonly string[] =>
    Object.keys(operation?.responses[status]?.headers ?? {});
  const LIMIT = ['RateLimit', 'RateLimit-Policy'];
  expect(headersOf(post, '201')).toEqual(['X-Request-Id', ...LIMIT]);
  expect(headersOf(post, '401')).toEqual(['X-Request-Id', ...LIMIT, 'WWW-Authenticate']);
  expect(headersOf(post, '429')).toEqual(['X-Request-Id', ...LIMIT, 'Retry-After']);
  expect(headersOf(post, '413')).toEqual(['X-Request-Id']);
  expect(headersOf(get, '503')).toEqual(['X-Request-Id', 'Retry-After']);
  expect(post?.parameters).toEqual([
    expect.objectContaining({ name: 'Idempotency-Key', in: 'header', required: false }),
    { $ref: '#/components/parameters/X-Request-Id' },
  ]);
  expect(Object.keys(remove?.responses ?? {})).toEqual(expect.arrayContaining(['413', '415', '422']));
});

test('the problem and what may be null are described as 3.1 does', async () => {
  const { schemas } = (await documentOf()).components;
  expect(schemas.Problem).toMatchObject({ properties: { code: { enum: Object.keys(PROBLEMS) } } });
  expect(schemas.NoteDto).toMatchObject({ required: ['text'], properties: { mood: { type: ['string', 'null'] } } });
});

test('what the plugin leaves out is there', async () => {
  const document = await documentOf();
  expect(document.components.schemas.NoteDto).toMatchObject({
    additionalProperties: false,
    properties: { at: { type: 'string', description: 'When.', format: 'date-time' } },
  });
  const responses = Object.values(document.paths).flatMap((path) =>
    Object.values(path).flatMap((o) => Object.values(o.responses)),
  );
  for (const { description } of responses) expect(description).not.toBe('');
});

test.each(['/docs', '/docs/swagger-ui.css', '/openapi.json'])(
  'what is wrong with a request for %s is a problem',
  async (path) => {
    const answer = await frame.send(`GET ${path} HTTP/1.1\r\nX-Request-Id: bad${path.replace(/\W/g, '.')}\r\n\r\n`);
    expect(answer).toMatch(/^HTTP\/1\.1 400 .*\r\ncontent-type: application\/problem\+json\r\n.*"malformed-request"/s);
    expect(await frame.lineOf(`bad${path.replace(/\W/g, '.')}`)).toMatchObject({
      status: 400,
      problem: 'malformed-request',
    });
  },
);

describe('the API page', () => {
  test('is made of files of this server alone, which the policy of the page allows', async () => {
    const page = await frame.fetch('/docs');
    const html = await page.text();
    expect([page.status, page.headers.get('content-type')]).toEqual([200, 'text/html']);
    const links = [...html.matchAll(/(?:src|href)=["']([^"'#]+)["']/g)].map(([, link]) => link ?? '');
    expect(links.length).toBeGreaterThanOrEqual(4);
    for (const link of links) {
      expect(link).toMatch(/^\.\/docs\//);
      const { status, headers } = await frame.fetch(link.slice(1));
      expect([link, status, headers.get('cache-control')]).toEqual([link, 200, 'public, max-age=300']);
    }
    expect(page.headers.get('content-security-policy')).toContain("script-src 'self';");
    expect(html).not.toMatch(/<script(?![^>]*\ssrc=)[^>]*>|\son\w+=/);
  });

  test('is the same with a slash at its end', async () => {
    const html = await (await frame.fetch('/docs/')).text();
    expect(html.replaceAll('"./', '"./docs/')).toBe(await (await frame.fetch('/docs')).text());
  });

  test('is not sent again to who has its files', async () => {
    const first = await frame.fetch('/docs/swagger-ui.css');
    const headers = { 'if-none-match': first.headers.get('etag') ?? '' };
    const again = await frame.fetch('/docs/swagger-ui.css', { headers });
    expect([first.status, again.status, await again.text()]).toEqual([200, 304, '']);
  });

  test('holds the document', async () => {
    const script = await (await frame.fetch('/docs/swagger-ui-init.js')).text();
    expect(script).toContain('/v1/notes');
  });

  test('gives no other file away', async () => {
    for (const path of [
      '/docs/../package.json',
      '/docs/%2e%2e/package.json',
      '/docs/..%2fpackage.json',
      '/docs/absolute-path.js',
      '/docs/swagger-ui-bundle.js.map',
      '/docs/none',
    ]) {
      const answer = await frame.fetch(path);
      expect([path, answer.status]).toEqual([path, 404]);
      expect(await answer.json()).toMatchObject({ code: 'not-found' });
    }
  });
});
