import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { createInterface } from 'node:readline';

import { PROBLEMS } from '#platform/problems/problem';
import { freshDatabase } from '#testing/fresh-database';

const FILE = 'docs/openapi.json';

interface Document {
  readonly openapi: string;
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas: Readonly<Record<string, { readonly properties?: object }>> };
}

interface Operation {
  readonly summary?: string;
  readonly description?: string;
  readonly security?: readonly object[];
  readonly requestBody?: { readonly content: object };
  readonly responses: Readonly<Record<string, { readonly description: string }>>;
}

let document: Document;

// The built service is asked: the plugin that reads the comments of fields runs in the build alone.
beforeAll(async () => {
  const db = await freshDatabase();
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'test',
    PORT: '0',
    LOG_LEVEL: 'info',
    PUBLIC_URL: 'http://localhost:3000',
    DATABASE_URL: db.appUrl,
    TROTH_SECRET: 'a secret for tests alone that is long enough',
  };
  const api = spawn(process.execPath, ['libs/testing/src/print-openapi.mjs'], {
    env,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const lines: string[] = [];
  for await (const line of createInterface({ input: api.stdout })) lines.push(line);
  await db.drop();
  document = JSON.parse(lines.find((line) => line.startsWith('{"openapi"')) ?? 'null') as Document;
}, 30_000);

test('docs/openapi.json is what the service says of itself', () => {
  const text = `${JSON.stringify(document, null, 2)}\n`;
  if (process.env.UPDATE_OPENAPI === '1') writeFileSync(FILE, text);
  expect(JSON.parse(readFileSync(FILE, 'utf8'))).toEqual(document);
});

test('it is OpenAPI 3.1 and holds every route of the API', () => {
  expect(document.openapi).toMatch(/^3\.1\./);
  const routes = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method} ${path}`),
  );
  expect(routes.filter((route) => route.includes('/v1/')).sort()).toEqual([
    'delete /v1/registrations',
    'delete /v1/sessions',
    'delete /v1/sessions/current',
    'delete /v1/sessions/{id}',
    'get /v1/me',
    'get /v1/security/parameters',
    'get /v1/sessions',
    'post /v1/oauth/introspect',
    'post /v1/oauth/revoke',
    'post /v1/password-resets',
    'post /v1/password-resets/confirm',
    'post /v1/registrations',
    'post /v1/registrations/activation',
    'post /v1/registrations/mute',
    'post /v1/registrations/resend',
    'post /v1/security/not-me',
    'post /v1/sessions',
    'post /v1/sessions/current/reauthentication',
    'post /v1/sessions/refresh',
    'put /v1/me/password',
  ]);
});

test('every operation tells what it does, and names only problems of the catalogue', () => {
  for (const [path, methods] of Object.entries(document.paths))
    for (const [method, { summary, description, responses }] of Object.entries(methods)) {
      expect([path, method, (summary ?? description ?? '').length > 10]).toEqual([path, method, true]);
      for (const [status, response] of Object.entries(responses).filter(([code]) => Number(code) >= 400))
        for (const [, code] of response.description.matchAll(/`([a-z-]+)`/g))
          expect([code, PROBLEMS[code as keyof typeof PROBLEMS].status]).toEqual([code, Number(status)]);
    }
});

test('the fields of requests and answers are there with their comments', () => {
  const schemas = document.components.schemas;
  expect(schemas.RegisterDto?.properties).toMatchObject({
    email: { type: 'string', description: expect.stringContaining('address'), example: 'ada@example.com' },
    password: { type: 'string', description: expect.stringContaining('9 to 256') },
    owner_token: { maxLength: 512 },
  });
  expect(schemas.ActivateDto?.properties).toMatchObject({ code: { pattern: expect.any(String) } });
  expect(Object.keys(schemas.User?.properties ?? {})).toEqual([
    'id',
    'email',
    'username',
    'display_name',
    'birthdate',
    'locale',
    'roles',
    'mfa_enabled',
    'created_at',
    'updated_at',
  ]);
});

const WITH_TOKEN = [
  'delete /v1/sessions',
  'delete /v1/sessions/current',
  'delete /v1/sessions/{id}',
  'get /v1/me',
  'get /v1/sessions',
  'post /v1/sessions/current/reauthentication',
  'put /v1/me/password',
];

test.each([
  ['client', ['post /v1/oauth/introspect', 'post /v1/oauth/revoke']],
  ['basic', ['delete /v1/registrations', 'post /v1/registrations/activation', 'post /v1/registrations/resend']],
  ['bearer', WITH_TOKEN],
  ['cookie', WITH_TOKEN],
])('these routes take %s credentials, and no others do', (scheme, routes) => {
  const secured = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, { security }]) => security?.some((schemes) => scheme in schemes))
      .map(([method]) => `${method} ${path}`),
  );
  expect(secured.sort()).toEqual(routes);
});

test('who takes Troth-Transport says so, and that other pages are refused', () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, JSON.stringify(operation)] as const),
  );
  const naming = (word: string) => operations.filter(([, text]) => text.includes(word)).map(([route]) => route);
  const handing = [
    'post /v1/registrations/activation',
    'post /v1/sessions',
    'post /v1/sessions/current/reauthentication',
    'post /v1/sessions/refresh',
  ];
  expect(naming('"Troth-Transport"').sort()).toEqual(handing);
  expect(naming('"#/components/headers/Set-Cookie"').sort()).toEqual(handing);
  const changing = WITH_TOKEN.filter((route) => !route.startsWith('get '));
  expect(naming('`forbidden`').sort()).toEqual([...new Set([...handing, ...changing])].sort());
});

test('introspection and revocation take a form that names a token', () => {
  for (const path of ['/v1/oauth/introspect', '/v1/oauth/revoke']) {
    const operation = document.paths[path]?.post;
    const form = operation?.requestBody?.content;
    expect(form).toEqual({
      'application/x-www-form-urlencoded': { schema: { $ref: '#/components/schemas/TokenForm' } },
    });
    expect(Object.keys(operation?.responses ?? {})).toContain('401');
  }
  expect(document.components.schemas.TokenForm).toMatchObject({
    required: ['token'],
    properties: { token: { type: 'string' }, token_type_hint: { type: 'string' } },
  });
  expect(document.components.schemas.IntrospectionResponse).toMatchObject({ required: ['active'] });
});
