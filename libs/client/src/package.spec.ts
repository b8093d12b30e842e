import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { minifySync } from '@swc/core';

const run = promisify(execFile);
const FOLDER = 'libs/client';
/** KiB, minified and compressed, of the package and of what it depends on. */
const LARGEST = 8;

beforeAll(async () => {
  await run(process.execPath, ['node_modules/typescript/bin/tsc', '-p', `${FOLDER}/tsconfig.json`]);
}, 60_000);

test('the package that is built works in plain Node.js, by its name', async () => {
  const script = `
    import { Troth, TrothUnreachable } from '@troth/client';
    const fetch = () => Promise.reject(new TypeError('nobody is there'));
    await new Troth({ baseUrl: 'http://127.0.0.1:1', fetch }).api.GET('/v1/security/parameters').catch((error) => {
      console.log(error instanceof TrothUnreachable, error.cause.message);
    });`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], { cwd: FOLDER });
  expect(stdout).toBe('true nobody is there\n');
});

test('it holds what it is made of, and is small', async () => {
  const { stdout } = await run('npm', ['pack', '--dry-run', '--json', '--ignore-scripts'], { cwd: FOLDER });
  const [pack] = JSON.parse(stdout) as [{ files: readonly { path: string }[] }];
  const files = pack.files.map(({ path }) => path);
  expect(files).toEqual(expect.arrayContaining(['README.md', 'dist/index.js', 'dist/index.d.ts', 'package.json']));
  expect(files.filter((path) => path.includes('spec'))).toEqual([]);
  const scripts = readdirSync(`${FOLDER}/dist`).filter((name) => name.endsWith('.js'));
  const texts = [...scripts.map((name) => `${FOLDER}/dist/${name}`), 'node_modules/openapi-fetch/dist/index.mjs'];
  const bytes = texts.reduce(
    (sum, path) => sum + gzipSync(minifySync(readFileSync(path, 'utf8'), { module: true }).code).length,
    0,
  );
  expect(bytes / 1_024).toBeLessThan(LARGEST);
});
