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
  readonly operationId?: string;
  readonly summary?: string;
  readonly description?: string;
  readonly security?: readonly object[];
  readonly 'x-required-role'?: string;
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
    'delete /v1/admin/users/{id}',
    'delete /v1/admin/users/{id}/sessions',
    'delete /v1/admin/users/{id}/suspension',
    'delete /v1/me',
    'delete /v1/me/deletion',
    'delete /v1/me/email-change',
    'delete /v1/registrations',
    'delete /v1/sessions',
    'delete /v1/sessions/current',
    'delete /v1/sessions/{id}',
    'get /v1/admin/audit-events',
    'get /v1/admin/audit-events/verify',
    'get /v1/admin/users',
    'get /v1/admin/users/{id}',
    'get /v1/me',
    'get /v1/me/activity',
    'get /v1/me/deletion',
    'get /v1/me/export',
    'get /v1/privacy/inventory',
    'get /v1/privacy/retention',
    'get /v1/security/parameters',
    'get /v1/sessions',
    'patch /v1/admin/users/{id}',
    'patch /v1/me',
    'post /v1/admin/users/{id}/suspension',
    'post /v1/deletion-receipts/verify',
    'post /v1/email-change/revert',
    'post /v1/me/deletion',
    'post /v1/me/email-change',
    'post /v1/me/email-change/confirm',
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

test('no two operations have one name', () => {
  const names = Object.values(document.paths).flatMap((methods) =>
    Object.values(methods).map(({ operationId }) => operationId),
  );
  expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
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

const FOR_ADMINS = [
  'delete /v1/admin/users/{id}',
  'delete /v1/admin/users/{id}/sessions',
  'delete /v1/admin/users/{id}/suspension',
  'get /v1/admin/audit-events',
  'get /v1/admin/audit-events/verify',
  'get /v1/admin/users',
  'get /v1/admin/users/{id}',
  'patch /v1/admin/users/{id}',
  'post /v1/admin/users/{id}/suspension',
];

const WITH_TOKEN = [
  'delete /v1/me',
  'delete /v1/me/deletion',
  'delete /v1/me/email-change',
  'delete /v1/sessions',
  'delete /v1/sessions/current',
  'delete /v1/sessions/{id}',
  'get /v1/me',
  'get /v1/me/activity',
  'get /v1/me/deletion',
  'get /v1/me/export',
  'get /v1/sessions',
  'patch /v1/me',
  'post /v1/me/deletion',
  'post /v1/me/email-change',
  'post /v1/me/email-change/confirm',
  'post /v1/sessions/current/reauthentication',
  'put /v1/me/password',
  ...FOR_ADMINS,
];

test.each([
  ['client', ['post /v1/oauth/introspect', 'post /v1/oauth/revoke']],
  ['basic', ['delete /v1/registrations', 'post /v1/registrations/activation', 'post /v1/registrations/resend']],
  ['bearer', [...WITH_TOKEN].sort()],
  ['cookie', [...WITH_TOKEN].sort()],
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
  expect(naming('`forbidden`').sort()).toEqual([...new Set([...handing, ...changing, ...FOR_ADMINS])].sort());
});

test('every route below /v1/admin is for administrators alone, says so, and no other one is', () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, route: `${method} ${path}`, operation })),
  );
  const below = operations.filter(({ path }) => path.startsWith('/v1/admin/'));
  const wanting = operations.filter(({ operation }) => operation['x-required-role'] === 'admin');
  expect(wanting.map(({ route }) => route)).toEqual(below.map(({ route }) => route));
  expect(wanting.map(({ route }) => route).sort()).toEqual(FOR_ADMINS);
  for (const { route, operation } of wanting) {
    const { 401: unauthenticated, 403: forbidden, 429: limited } = operation.responses;
    expect([route, unauthenticated?.description]).toEqual([route, expect.stringContaining('`session-revoked`')]);
    expect([route, forbidden?.description]).toEqual([route, expect.stringContaining('`forbidden`')]);
    expect([route, limited?.description]).toEqual([route, expect.stringContaining('`rate-limited`')]);
    const isChange = !route.startsWith('get ');
    expect([route, unauthenticated?.description.includes('`reauthentication-required`')]).toEqual([route, isChange]);
  }
});

test('the answers that show a user carry an ETag, which a condition may name', () => {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => [`${method} ${path}`, JSON.stringify(operation)] as const),
  );
  const naming = (word: string) => operations.filter(([, text]) => text.includes(word)).map(([route]) => route);
  expect(naming('"#/components/headers/ETag"').sort()).toEqual([
    'get /v1/admin/users/{id}',
    'get /v1/me',
    'patch /v1/admin/users/{id}',
    'patch /v1/me',
    'post /v1/me/email-change/confirm',
  ]);
  const patched = ['/v1/admin/users/{id}', '/v1/me'];
  for (const word of ['"If-Match"', '`precondition-failed`'])
    expect(naming(word).sort()).toEqual(patched.map((path) => `patch ${path}`));
  for (const path of patched) {
    const types = Object.keys(document.paths[path]?.patch?.requestBody?.content ?? {});
    expect(types).toEqual(['application/json', 'application/merge-patch+json']);
  }
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
