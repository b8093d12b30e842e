import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { promisify } from 'node:util';

import { documentedRoutes } from '#testing/documented-routes';

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
