// npm start: PostgreSQL from npm when no other is named, the secret, then the API. The API ends first, the database last.
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { HomeRefused, startEmbeddedPostgres } from '../dist/libs/data/src/embedded-postgres.js';
import { migrate } from '../dist/libs/data/src/migrate.js';
import { ensureRoles } from '../dist/libs/data/src/roles.js';
import { keepOnce, Refused, refuseTakenPort } from './start-once.mjs';

const env = { ...process.env };
const dataDir = path.resolve(env.DATA_DIR || '.data');
const embedded = !env.DATABASE_URL && env.NODE_ENV !== 'production';

async function startDatabase() {
  const server = await startEmbeddedPostgres({
    directory: path.join(dataDir, 'pg'),
    say: (line) => console.error(line),
  });
  if (server.joined) {
    throw new Refused(`Another Troth is using ${dataDir}. Stop it, or set DATA_DIR (and PORT) for a second one.`);
  }
  try {
    const passwords = JSON.parse(
      keepOnce(path.join(dataDir, 'roles.json'), () =>
        JSON.stringify({ owner: randomBytes(18).toString('base64url'), app: randomBytes(18).toString('base64url') }),
      ),
    );
    await ensureRoles(server.url, passwords);
    const as = (user, password) => Object.assign(new URL(server.url), { username: user, password }).href;
    await migrate(as('troth_owner', passwords.owner), { log: (line) => console.error(line) });
    env.DATABASE_URL = as('troth_app', passwords.app);
    return server;
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function main() {
  const signals = ['SIGINT', 'SIGTERM', 'SIGHUP'];
  let api;
  let wanted;
  const end = (signal) => {
    wanted = signal;
    api?.kill(signal);
  };
  for (const signal of signals) process.on(signal, () => end(signal === 'SIGHUP' ? 'SIGTERM' : signal));
  // Whoever has started this by a channel is gone, however it went.
  process.on('disconnect', () => end('SIGTERM'));
  await refuseTakenPort(Number(env.PORT || 3000), env.HOST || '127.0.0.1');
  if (env.NODE_ENV !== 'production' && !env.TROTH_SECRET)
    env.TROTH_SECRET = keepOnce(path.join(dataDir, 'secret'), () => randomBytes(32).toString('base64url'));
  const database = embedded ? await startDatabase() : undefined;
  try {
    if (wanted) return 0;
    const flags = JSON.parse(readFileSync(path.join('scripts', 'node-flags.json'), 'utf8'));
    api = spawn(process.execPath, [...flags, path.join('dist', 'apps', 'api', 'src', 'main.js')], {
      // The channel tells the API when this process is gone, however it went.
      stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
      env,
    });
    return await new Promise((resolve, reject) => {
      api.once('error', reject);
      api.once('exit', (code, signal) => resolve(code ?? (signal === wanted ? 0 : 1)));
    });
  } finally {
    await database?.stop();
  }
}

main().then(
  (code) => process.exit(code),
  (error) => {
    console.error(error instanceof Refused || error instanceof HomeRefused ? error.message : error);
    process.exit(1);
  },
);
