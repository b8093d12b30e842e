// npm run demo: the API and the web application together, for whoever wants to look. What is missing is installed and built.
// Both end together.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import net from 'node:net';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { keepOnce, Refused, refuseTakenPort } from './start-once.mjs';

const { env } = process;
const web = path.join('apps', 'web');
const dataDir = path.resolve(env.DATA_DIR || '.data');
const [port, webPort] = [Number(env.PORT || 3000), Number(env.WEB_PORT || 3001)];
// What listens on one address of this machine alone answers to no other name.
const isLocal = /^(|localhost|127[.]0[.]0[.]1|0[.]0[.]0[.]0|::1?)$/.test(env.HOST ?? '');
const host = isLocal ? 'localhost' : net.isIPv6(env.HOST) ? `[${env.HOST}]` : env.HOST;
const [ownApiUrl, webUrl] = [`http://${host}:${port}`, `http://${host}:${webPort}`];
const apiUrl = env.PUBLIC_URL || ownApiUrl;

function run(program, args) {
  const { status, error } = spawnSync(program, args, { stdio: 'inherit' });
  if (error) throw error;
  if (status !== 0) throw new Refused(`${path.basename(program)} ${args.join(' ')} failed.`);
}

/** Whether the packages of the lock file are there: npm writes down what it has installed when it is done. */
function isInstalled() {
  const packagesOf = (...file) => JSON.parse(readFileSync(path.join(web, ...file), 'utf8')).packages;
  try {
    const installed = packagesOf('node_modules', '.package-lock.json');
    return Object.entries(packagesOf('package-lock.json'))
      .filter(([at, { optional }]) => at.startsWith('node_modules/') && !optional)
      .every(([at, { integrity }]) => at in installed && installed[at].integrity === integrity);
  } catch {
    // It was never begun, or not done.
    return false;
  }
}

function makeReady() {
  if (!isInstalled()) {
    console.log('The packages of the web application are installed, this once.');
    run('npm', ['ci', '--prefix', web, '--no-audit', '--no-fund']);
  }
  for (const part of ['build-if-stale', 'build-web-if-stale'])
    run(process.execPath, [path.join('scripts', `${part}.mjs`)]);
}

const settings = () => ({
  api: {
    ...env,
    PUBLIC_URL: apiUrl,
    TRUSTED_PROXIES: env.TRUSTED_PROXIES || '127.0.0.0/8',
    WEB_URL: env.WEB_URL || webUrl,
  },
  web: {
    ...env,
    NODE_ENV: 'production',
    NEXT_TELEMETRY_DISABLED: '1',
    PORT: String(webPort),
    TROTH_URL: ownApiUrl,
    TROTH_ISSUER: apiUrl,
    TROTH_AUDIENCE: env.ACCESS_TOKEN_AUDIENCE || apiUrl,
    WEB_SECRET:
      env.WEB_SECRET || keepOnce(path.join(dataDir, 'web-secret'), () => randomBytes(32).toString('base64url')),
  },
});

/** Resolves when an address answers that all is well. */
async function answers(url) {
  for (;;) {
    const { ok } = await fetch(url).catch(() => ({ ok: false }));
    if (ok) return;
    await pause(100);
  }
}

const ELSEWHERE = `Browsers keep its cookies at localhost alone, or by https from a proxy before it.

`;
const addresses = () => `
The web application is running too.

  Application    ${webUrl}
  API page       ${apiUrl}/docs
  Mailbox        ${apiUrl}/dev/mailbox  (every letter lands there: the codes too)

${isLocal ? '' : ELSEWHERE}Register in the application, take the code from the mailbox, and, to become an administrator, log in again after

  ${env.DATA_DIR ? `DATA_DIR=${env.DATA_DIR} ` : ''}npm run ops -- create-admin you@example.com

Ctrl-C ends both.
`;

/** Resolves to the exit code when all have ended: the first one to end takes the others along. */
function together(children) {
  let wanted = false;
  let code;
  const endAll = () => children.forEach((child) => child.kill('SIGTERM'));
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      wanted = true;
      endAll();
    });
  const ends = children.map(
    (child) =>
      new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('exit', (status) => {
          // Whoever ends unasked has failed, whatever it says.
          code ??= wanted ? (status ?? 0) : status || 1;
          endAll();
          resolve();
        });
      }),
  );
  return Promise.all(ends).then(() => code);
}

async function main() {
  await refuseTakenPort(port, env.HOST || '127.0.0.1');
  await refuseTakenPort(webPort, env.HOST || '127.0.0.1', 'WEB_PORT');
  makeReady();
  const { api: apiEnv, web: webEnv } = settings();
  // The channels tell them when this process is gone, however it went.
  const api = spawn(process.execPath, [path.join('scripts', 'start.mjs')], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: apiEnv,
  });
  const page = spawn(process.execPath, [path.join(web, 'server.mjs')], {
    stdio: ['inherit', 'ignore', 'inherit', 'ipc'],
    env: webEnv,
  });
  const ended = together([api, page]);
  const ready = answers(`${ownApiUrl}/health/ready`)
    .then(() => answers(webUrl))
    .then(() => console.log(addresses()));
  await Promise.race([ended, ready]);
  return ended;
}

main().then(
  (code) => process.exit(code),
  (error) => {
    console.error(error instanceof Refused ? error.message : error);
    process.exit(1);
  },
);
