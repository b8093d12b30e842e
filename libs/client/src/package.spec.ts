import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';

import { minifySync } from '@swc/core';

const run = promisify(execFile);
const FOLDER = 'libs/client';
const TSC = path.resolve('node_modules', 'typescript', 'bin', 'tsc');
/** KiB, minified and compressed, of the package and of what it depends on. */
const LARGEST = 8;

let folder: string;
let installed: string;
let files: readonly string[];

interface Manifest {
  readonly dependencies?: Readonly<Record<string, string>>;
}

const read = (file: string): string => readFileSync(file, 'utf8');

/** Installs what a package depends on below it, and nothing above: so only what it names is found. */
function installBelow(at: string): void {
  const { dependencies = {} } = JSON.parse(read(path.join(at, 'package.json'))) as Manifest;
  for (const name of Object.keys(dependencies)) {
    const below = path.join(at, 'node_modules', name);
    cpSync(path.join('node_modules', name), below, { recursive: true });
    installBelow(below);
  }
}

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'troth-package-'));
  const made = path.join(folder, 'made');
  mkdirSync(made);
  // Not in its place: the web application is linked to what is built there.
  await run(process.execPath, [TSC, '-p', `${FOLDER}/tsconfig.json`, '--outDir', path.join(made, 'dist')]);
  for (const name of readdirSync(FOLDER).filter((name) => !['dist', 'node_modules'].includes(name)))
    cpSync(path.join(FOLDER, name), path.join(made, name), { recursive: true });
  const { stdout } = await run('npm', ['pack', '--json', '--ignore-scripts'], { cwd: made });
  const [pack] = JSON.parse(stdout) as [{ filename: string; files: readonly { path: string }[] }];
  files = pack.files.map(({ path: file }) => file);
  installed = path.join(folder, 'app', 'node_modules', '@troth', 'client');
  mkdirSync(installed, { recursive: true });
  await run('tar', ['-xzf', path.join(made, pack.filename), '-C', installed, '--strip-components=1']);
  installBelow(installed);
  writeFileSync(path.join(folder, 'app', 'package.json'), '{ "type": "module" }');
}, 120_000);
afterAll(() => rm(folder, { recursive: true }));

test('the package works in plain Node.js, by its name', async () => {
  const script = `
    import { Troth, TrothUnreachable } from '@troth/client';
    const fetch = () => Promise.reject(new TypeError('nobody is there'));
    await new Troth({ baseUrl: 'http://127.0.0.1:1', fetch }).api.GET('/v1/security/parameters').catch((error) => {
      console.log(error instanceof TrothUnreachable, error.cause.message);
    });`;
  const { stdout } = await run(process.execPath, ['--input-type=module', '--eval', script], {
    cwd: path.join(folder, 'app'),
  });
  expect(stdout).toBe('true nobody is there\n');
});

/** The first piece of TypeScript in a page, with what it takes for given. */
const shown = (page: string, given: string): string => `${/```ts\n(.*?)```/s.exec(read(page))?.[1]}\n${given}`;

test('its types are known where only what it depends on is installed, and fit what the pages show', async () => {
  const app = path.join(folder, 'app');
  writeFileSync(
    path.join(app, 'main.ts'),
    `import { Troth } from '@troth/client';
    const { api } = new Troth({ baseUrl: 'https://auth.example.com' });
    export const email: Promise<string | null> = api.GET('/v1/me').then(({ data }) => data.email);
    // @ts-expect-error: an address is a text
    export const wrong: Promise<number> = api.GET('/v1/me').then(({ data }) => data.email);
    // @ts-expect-error: there is no such path
    void api.GET('/v1/nowhere');`,
  );
  writeFileSync(
    path.join(app, 'readme.ts'),
    shown(
      `${FOLDER}/README.md`,
      `declare const keychain: import('@troth/client').TokenStore; export { me, TrothProblem };`,
    ),
  );
  writeFileSync(path.join(app, 'phone.ts'), shown('docs/mobile.md', 'declare function showLogIn(): void;'));
  writeFileSync(
    path.join(app, 'expo.d.ts'),
    `declare module 'expo-secure-store' {
      interface Options { keychainAccessible?: number }
      export const AFTER_FIRST_UNLOCK_THIS_DEVICE_ONLY: number;
      export function getItemAsync(key: string, options?: Options): Promise<string | null>;
      export function setItemAsync(key: string, value: string, options?: Options): Promise<void>;
      export function deleteItemAsync(key: string, options?: Options): Promise<void>;
    }`,
  );
  const compilerOptions = {
    ...{ target: 'es2022', lib: ['es2022', 'dom'], types: [], module: 'nodenext' },
    ...{ strict: true, exactOptionalPropertyTypes: true, skipLibCheck: true, noEmit: true },
  };
  writeFileSync(path.join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions }));
  const { stdout } = await run(process.execPath, [TSC], { cwd: app }).catch(
    (error: unknown) => error as { stdout: string },
  );
  expect(stdout).toBe('');
}, 60_000);

test('it holds what it is made of and no link that leads nowhere, and is small', () => {
  const wanted = ['README.md', 'LICENSE', 'dist/index.js', 'dist/index.d.ts', 'package.json'];
  expect(files).toEqual(expect.arrayContaining(wanted));
  expect(files.filter((file) => /spec|^src/.test(file))).toEqual([]);
  expect(read(path.join(installed, 'LICENSE'))).toBe(read('LICENSE'));
  expect([...read(path.join(installed, 'README.md')).matchAll(/\]\((?!https:)[^)]*\)/g)]).toEqual([]);
  const scripts = files.filter((file) => file.endsWith('.js')).map((file) => path.join(installed, file));
  const texts = [...scripts, 'node_modules/openapi-fetch/dist/index.mjs'].map(read);
  const bytes = texts.reduce((sum, text) => sum + gzipSync(minifySync(text, { module: true }).code).length, 0);
  expect(bytes / 1_024).toBeLessThan(LARGEST);
});
