// A whole Troth of its own for measurements: PostgreSQL from npm on a folder that goes away, and the built API.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '../../dist/libs/data/src/embedded-postgres.js';
import { migrate } from '../../dist/libs/data/src/migrate.js';
import { ensureRoles } from '../../dist/libs/data/src/roles.js';

const freePort = () =>
  new Promise((resolve) => {
    const server = net.createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });

/** A database that goes away, ready for the API: its server, its URLs and its folder. */
async function startDatabase() {
  const folder = await mkdtemp(path.join(tmpdir(), 'troth-measure-'));
  await chmod(folder, 0o755);
  const server = await startEmbeddedPostgres({ directory: path.join(folder, 'pg') });
  const passwords = { owner: randomBytes(12).toString('hex'), app: randomBytes(12).toString('hex') };
  await ensureRoles(server.url, passwords);
  const as = (username, password) => Object.assign(new URL(server.url), { username, password }).href;
  await migrate(as('troth_owner', passwords.owner));
  const lock = await readFile(path.join(server.directory, 'postmaster.pid'), 'utf8');
  const stop = async () => {
    await server.stop();
    await rm(folder, { recursive: true, force: true });
  };
  return {
    superUrl: server.url,
    appUrl: as('troth_app', passwords.app),
    postmaster: Number(lock.split('\n')[0]),
    stop,
  };
}

/** One Troth. `start` and `end` may be called again and again. */
class Service {
  constructor(database, url, env) {
    this.database = database;
    this.url = url;
    this.superUrl = database.superUrl;
    this.appUrl = database.appUrl;
    /** Process id of the database server. */
    this.postmaster = database.postmaster;
    this.env = env;
    this.api = undefined;
  }

  /** Starts the API; resolves, once it answers, to the milliseconds from the start of the process. */
  async start() {
    const started = performance.now();
    const flags = JSON.parse(await readFile(path.join('scripts', 'node-flags.json'), 'utf8'));
    this.api = spawn(process.execPath, [...flags, path.join('dist', 'apps', 'api', 'src', 'main.js')], {
      env: this.env,
      stdio: ['ignore', 'ignore', 'inherit'],
    });
    const ended = new Promise((_, reject) => this.api.once('exit', () => reject(new Error('the API ended'))));
    ended.catch(() => undefined);
    for (;;) {
      const answer = await Promise.race([ended, fetch(`${this.url}/health/ready`).catch(() => undefined)]);
      if (answer?.ok) return performance.now() - started;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }

  /** Ends the API, by SIGTERM or harder. */
  async end(signal = 'SIGTERM') {
    const { api } = this;
    if (!api || api.exitCode !== null || api.signalCode !== null) return;
    const ended = new Promise((resolve) => api.once('exit', resolve));
    api.kill(signal);
    await ended;
  }

  async stop() {
    await this.end();
    await this.database.stop();
  }
}

/** A database and the settings of an API that is not started yet. */
export async function startService(settings = {}) {
  const database = await startDatabase();
  const port = await freePort();
  const env = {
    PATH: process.env.PATH,
    NODE_ENV: 'test',
    PORT: String(port),
    LOG_LEVEL: 'silent',
    RATE_LIMIT_SCALE: '100000',
    DATABASE_URL: database.appUrl,
    TROTH_SECRET: randomBytes(32).toString('base64url'),
    ...settings,
  };
  return new Service(database, `http://127.0.0.1:${port}`, env);
}
