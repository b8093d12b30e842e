import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

import { startEmbeddedPostgres } from '#data/embedded-postgres';

/** A PostgreSQL of a test's own, without Troth's roles: roles belong to the whole server. */
export interface TestServer {
  /** As the superuser. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts a server beside that of all tests, of the same version. Takes seconds; stop it when done. */
export async function freshServer(): Promise<TestServer> {
  const folder = await mkdtemp(path.join(tmpdir(), 'troth-server-'));
  await chmod(folder, 0o755);
  const binaries = process.env.TEST_POSTGRES_BIN;
  const clear = () => rm(folder, { recursive: true, force: true });
  try {
    const server = await startEmbeddedPostgres({
      directory: path.join(folder, 'pg'),
      durable: false,
      ...(binaries === undefined ? {} : { binaries }),
    });
    return { url: server.url, stop: () => server.stop().finally(clear) };
  } catch (error) {
    await clear();
    throw error;
  }
}
