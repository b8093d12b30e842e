import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { type EmbeddedPostgres, startEmbeddedPostgres } from '#data/embedded-postgres';
import { ensureRoles } from '#data/roles';
import { type ApiProcess, startApiProcess } from '#testing/api-process';

jest.setTimeout(120_000);

const PASSWORDS = { owner: 'of the owner', app: 'of the service' };

let folder: string;
let api: ApiProcess | undefined;
let server: EmbeddedPostgres | undefined;
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'troth-boot-'));
  await chmod(folder, 0o755);
});
afterEach(async () => {
  await api?.end();
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
  server = first;
  await ensureRoles(first.url, PASSWORDS);
  await first.stop();
  server = undefined;
  const as = (username: string, password: string): string =>
    Object.assign(new URL(first.url), { username, password }).href;
  api = await startApiProcess({
    TROTH_SECRET: 'a secret of the boot',
    DATABASE_URL: as('troth_app', PASSWORDS.app),
    DATABASE_OWNER_URL: as('troth_owner', PASSWORDS.owner),
  });
  await api.says('PostgreSQL does not answer yet; trying again each second.');
  expect(api.output()).not.toContain('migrated');
  server = await startPostgres();
  await api.says('migrated 000001_keys_and_audit.sql');
  await api.ready();
});
