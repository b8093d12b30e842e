import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { type EmbeddedPostgres, startEmbeddedPostgres } from '#data/embedded-postgres';
import { ensureRoles } from '#data/roles';
import { eventually } from '#testing/eventually';
import { freePort } from '#testing/free-port';

jest.setTimeout(120_000);

const PASSWORDS = { owner: 'of the owner', app: 'of the service' };

let folder: string;
let api: ChildProcess | undefined;
let server: EmbeddedPostgres | undefined;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'troth-boot-'));
  await chmod(folder, 0o755);
});
afterEach(async () => {
  if (api?.exitCode === null && api.signalCode === null) {
    const ended = new Promise((resolve) => api?.once('exit', resolve));
    api.kill('SIGKILL');
    await ended;
  }
  await server?.stop();
  await rm(folder, { recursive: true, force: true });
});

/** It comes back on the same port whenever it is started again. */
function startPostgres(): Promise<EmbeddedPostgres> {
  const binaries = process.env.TEST_POSTGRES_BIN;
  const options = { directory: path.join(folder, 'pg'), durable: false };
  return startEmbeddedPostgres(binaries === undefined ? options : { ...options, binaries });
}

test('an API that is started before PostgreSQL waits for it, migrates, and serves', async () => {
  const first = await startPostgres();
  await ensureRoles(first.url, PASSWORDS);
  await first.stop();
  const as = (username: string, password: string): string =>
    Object.assign(new URL(first.url), { username, password }).href;
  const port = await freePort();
  const env = {
    ...{ PATH: process.env.PATH, NODE_ENV: 'test', PORT: String(port), TROTH_SECRET: 'a secret of the boot' },
    DATABASE_URL: as('troth_app', PASSWORDS.app),
    DATABASE_OWNER_URL: as('troth_owner', PASSWORDS.owner),
  };
  let output = '';
  api = spawn(process.execPath, ['dist/apps/api/src/main.js'], { env, stdio: ['ignore', 'pipe', 'pipe'] });
  for (const stream of [api.stdout, api.stderr]) stream?.on('data', (text: Buffer) => (output += text.toString()));
  const says = (words: string) =>
    eventually(() => {
      if (api?.exitCode !== null) throw new Error(output);
      return Promise.resolve(output.includes(words) ? true : undefined);
    }, 60);
  await says('PostgreSQL does not answer yet; trying again each second.');
  expect(output).not.toContain('migrated');
  server = await startPostgres();
  await says('migrated 000001_keys_and_audit.sql');
  await says('Troth is running');
  expect((await fetch(`http://127.0.0.1:${port}/health/ready`)).status).toBe(200);
});
