import { spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import path from 'node:path';

import { eventually } from './eventually.ts';
import { freshDatabase, type TestDatabase } from './fresh-database.ts';

/** The service as it is built and started, in a process of its own, on a database of its own. */
export interface BuiltService {
  /** Where it is, as a browser is told: a PUBLIC_URL of http://localhost. */
  readonly url: string;
  readonly db: TestDatabase;
  stop(): Promise<void>;
}

/** Starts what `npm run build` has made; resolves when it is ready. Only there is OpenAPI complete. */
export async function startBuiltService(settings: Readonly<Record<string, string>> = {}): Promise<BuiltService> {
  const db = await freshDatabase();
  const port = await freePort();
  const url = `http://localhost:${port}`;
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'test',
    PORT: String(port),
    PUBLIC_URL: url,
    LOG_LEVEL: 'silent',
    RATE_LIMIT_SCALE: '100000',
    DATABASE_URL: db.appUrl,
    TROTH_SECRET: 'a secret for tests alone, long enough to be one',
    ...settings,
  };
  const main = path.join('dist', 'apps', 'api', 'src', 'main.js');
  const flags = JSON.parse(await readFile(path.join('scripts', 'node-flags.json'), 'utf8')) as string[];
  const api = spawn(process.execPath, [...flags, main], {
    env,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const ended = new Promise<void>((resolve) => api.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    api.kill();
    await ended;
    await db.drop();
  };
  try {
    await eventually(async () => {
      if (api.exitCode !== null) throw new Error('the built service ended');
      const answer = await fetch(`${url}/health/ready`).catch(() => undefined);
      return answer?.ok === true ? true : undefined;
    }, 60);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url, db, stop };
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
