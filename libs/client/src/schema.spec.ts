import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

import { documentedRoutes } from '#testing/documented-routes';

import { FORM_PATHS } from './answer.ts';
import { wantsAccessToken } from './client.ts';

const SCHEMA = 'libs/client/src/schema.ts';

test('the types of the client are those of docs/openapi.json; `npm run client:schema` makes them anew', async () => {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['node_modules/openapi-typescript/bin/cli.js', 'docs/openapi.json'],
    { maxBuffer: 4_000_000 },
  );
  expect(readFileSync(SCHEMA, 'utf8') === stdout).toBe(true);
});

test('an access token goes to the routes that want one, and to no others', () => {
  const routes = documentedRoutes();
  const wrong = routes.filter(
    ({ method, path, access }) => wantsAccessToken(method, path) !== (access === 'session' || access === 'admin'),
  );
  expect(wrong.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  expect(routes.length).toBeGreaterThan(30);
});

test('forms go to the routes that take them, and to no others', () => {
  const { paths } = JSON.parse(readFileSync('docs/openapi.json', 'utf8')) as {
    readonly paths: Record<string, Record<string, { requestBody?: { content: Record<string, unknown> } }>>;
  };
  const takesForms = ([, operations]: (typeof routes)[number]): boolean =>
    Object.values(operations).some(({ requestBody }) => requestBody && !requestBody.content['application/json']);
  const routes = Object.entries(paths);
  expect(routes.filter(takesForms).map(([path]) => path)).toEqual([...FORM_PATHS]);
});
