import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import postgres from 'postgres';

// The built library: this file runs in plain Node, before Jest compiles anything.
const { startEmbeddedPostgres } = await import('../../../dist/libs/data/src/embedded-postgres.js');
const { ensureRoles } = await import('../../../dist/libs/data/src/roles.js');
const { migrate } = await import('../../../dist/libs/data/src/migrate.js');

/** Starts one PostgreSQL for all tests, with a migrated database that each file clones. */
export default async function setUp() {
  const folder = await mkdtemp(path.join(tmpdir(), 'troth-test-'));
  await chmod(folder, 0o755);
  const binaries = process.env.TEST_POSTGRES_BIN;
  const server = await startEmbeddedPostgres({
    directory: path.join(folder, 'pg'),
    durable: false,
    ...(binaries ? { binaries } : {}),
  });
  const stop = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  // Ctrl-C ends Jest before its teardown.
  process.once('SIGINT', () => void stop().finally(() => process.exit(130)));
  process.once('SIGTERM', () => void stop().finally(() => process.exit(143)));
  globalThis.stopTestPostgres = stop;
  try {
    await makeTemplate(server.url);
  } catch (error) {
    await stop();
    throw error;
  }
}

async function makeTemplate(serverUrl) {
  const admin = postgres(serverUrl, { max: 1, onnotice: () => undefined });
  const [{ version }] = await admin`show server_version`.then((rows) => [{ version: rows[0].server_version }]);
  process.stdout.write(`Tests run on PostgreSQL ${version}.\n`);
  await admin.unsafe('create database troth_template');
  await admin.unsafe('alter system set max_connections = 300').catch(() => undefined);
  await admin.end();
  const passwords = { owner: randomBytes(12).toString('hex'), app: randomBytes(12).toString('hex') };
  const on = (user, password) => {
    const url = new URL(serverUrl);
    url.pathname = '/troth_template';
    if (user) [url.username, url.password] = [user, password];
    return url.href;
  };
  await ensureRoles(on(), passwords);
  await migrate(on('troth_owner', passwords.owner));
  process.env.TEST_SUPER_URL = serverUrl;
  process.env.TEST_OWNER_PASSWORD = passwords.owner;
  process.env.TEST_APP_PASSWORD = passwords.app;
}
