// npm run bench: what registration, activation, log-in, refresh and GET /v1/me cost beside what they cannot do without.
// Rounds of everything take turns in one run, so that a busy machine is busy for all of them; ratios are what counts.
import { fork } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { hash } from '@node-rs/argon2';
import { clientOf, codeFor } from './measure/client.mjs';
import { cpuOfDatabase, cpuOfProcess, cpuOfThis, residentMiB } from './measure/cpu.mjs';
import { hasPgbench, pgbench } from './measure/pgbench.mjs';
import { startService } from './measure/service.mjs';
import { printTable, Total } from './measure/totals.mjs';

const ROUNDS = Number(process.argv[2] ?? 8);
const BATCH = 60;
/** Requests before anything is counted, so that the compiler has done its work. */
const WARM_UP = { registrations: 3000, activations: 600, bare: 1500, light: 6000 };
/** Requests that hash nothing are so quick that a round takes more of them. */
const LIGHT = BATCH * 10;
const SLOTS = availableParallelism();
const PASSWORD = 'correct horse battery';
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const CLAIM = claimScript();

// Without a grace each refresh rotates, however soon it comes.
const service = await startService({ CLAIM_SECONDS: '3600', PURGE_INTERVAL_SECONDS: '0', REFRESH_GRACE_SECONDS: '0' });
const client = clientOf(service.url, SLOTS * 2);
const bareServer = fork(new URL('measure/bare-server.mjs', import.meta.url), [service.superUrl], {
  execArgv: JSON.parse(readFileSync('scripts/node-flags.json', 'utf8')),
});
const bareClient = {};
const rows = {
  bare: new Total('bare Argon2id (19 MiB, 2, 1)'),
  floor: new Total('the same, bare Fastify, one select'),
  registration: new Total('registration (API process)'),
  activation: new Total('activation (API process)'),
  login: new Total('log-in (API process)'),
  claimSql: new Total('claim, PostgreSQL under the API'),
  claimRaw: new Total('claim, PostgreSQL under pgbench'),
  refresh: new Total('refresh (API process)'),
  refreshSql: new Total('refresh, PostgreSQL under the API'),
  refreshRaw: new Total('refresh, PostgreSQL under pgbench'),
  get: new Total('GET /v1/me (API process)'),
  bareGet: new Total('bare Fastify, one select'),
};
const cpuOfApi = () => cpuOfProcess(service.api.pid);
const cpuOfBare = () => cpuOfProcess(bareServer.pid);
const cpuOfSql = () => cpuOfDatabase(service.postmaster);
let people = 0;
try {
  const { port } = await new Promise((resolve) => bareServer.once('message', resolve));
  Object.assign(bareClient, clientOf(`http://127.0.0.1:${port}`, SLOTS * 2));
  const coldStart = await service.start();
  const sessions = await warmUp();
  for (let round = 0; round < ROUNDS; round++) {
    const others = await hashingRound();
    await lightRound(sessions);
    if (hasPgbench) await pgbenchRound(others);
  }
  print(coldStart);
  bareClient.close();
} finally {
  client.close();
  bareServer.kill();
  await service.stop();
}

/** Resolves to sessions that the light requests are made with. */
async function warmUp() {
  await batch(someone(WARM_UP.registrations), register);
  await batch(someone(WARM_UP.bare), bareRequest);
  await bareHashes(BATCH);
  let sessions = [];
  for (let left = WARM_UP.activations; left > 0; left -= BATCH) {
    const emails = someone(BATCH);
    await batch(emails, register);
    await activateAll(emails, await codesFor(emails));
    sessions = await logInAll(emails);
  }
  for (const act of [refresh, me, bareMe]) await batch(turns(sessions, WARM_UP.light), act);
  return sessions;
}

/** Resolves to the sessions that it opened. */
async function hashingRound() {
  const emails = someone(BATCH);
  await rows.bare.take(BATCH, cpuOfThis, () => bareHashes(BATCH));
  await rows.floor.take(BATCH, cpuOfBare, () => batch(someone(BATCH), bareRequest));
  const registering = () => rows.registration.take(BATCH, cpuOfApi, () => batch(emails, register));
  await rows.claimSql.take(BATCH, cpuOfSql, registering);
  const codes = await codesFor(emails);
  await rows.activation.take(BATCH, cpuOfApi, () => activateAll(emails, codes));
  let sessions = [];
  await rows.login.take(BATCH, cpuOfApi, async () => (sessions = await logInAll(emails)));
  return sessions;
}

async function lightRound(sessions) {
  const each = (act) => () => batch(turns(sessions, LIGHT), act);
  await rows.refreshSql.take(LIGHT, cpuOfSql, () => rows.refresh.take(LIGHT, cpuOfApi, each(refresh)));
  await rows.get.take(LIGHT, cpuOfApi, each(me));
  await rows.bareGet.take(LIGHT, cpuOfBare, each(bareMe));
}

async function pgbenchRound(sessions) {
  const run = (script, count) => () => pgbench(service.appUrl, script, { count, clients: SLOTS });
  await rows.claimRaw.take(BATCH * 2, cpuOfSql, run(CLAIM, BATCH * 2));
  await rows.refreshRaw.take(LIGHT, cpuOfSql, run(refreshScript(sessions), LIGHT));
}

function print(coldStart) {
  const { bare, floor } = rows;
  console.log(`${ROUNDS} rounds of ${BATCH}, ${SLOTS} CPUs, Node ${process.version}`);
  printTable(
    ['of bare', 'of the floor'],
    [
      [bare],
      [floor, bare],
      [rows.registration, bare, floor],
      [rows.activation, bare, floor],
      [rows.login, bare, floor],
      [rows.claimSql, rows.claimRaw],
      [rows.claimRaw],
      [rows.refresh],
      [rows.refreshSql, rows.refreshRaw],
      [rows.refreshRaw],
      [rows.get, rows.bareGet],
      [rows.bareGet],
    ],
  );
  if (!hasPgbench) console.log('LEFT OUT: pgbench is not on this machine.');
  const memory = residentMiB(service.api.pid);
  console.log(
    `cold start to the first answer: ${coldStart.toFixed(0)} ms; memory of the API: ${memory.toFixed(0)} MiB`,
  );
}

function someone(count) {
  return Array.from({ length: count }, () => `someone${++people}@example.com`);
}

async function codesFor(emails) {
  const codes = new Map();
  for (const email of emails) codes.set(email, await codeFor(client, email));
  return codes;
}

function activateAll(emails, codes) {
  return batch(emails, (email) => activate(email, codes.get(email)));
}

function register(email) {
  return post(client, '/v1/registrations', email);
}

function post(to, path, email) {
  return expectStatus(202, to.send('POST', path, { body: { email, password: PASSWORD } }));
}

function activate(email, code) {
  const answer = client.send('POST', '/v1/registrations/activation', { body: { code }, as: [email, PASSWORD] });
  return expectStatus(200, answer);
}

async function logInAll(emails) {
  const sessions = [];
  await batch(emails, async (email) => {
    const text = await expectStatus(201, client.send('POST', '/v1/sessions', { body: { email, password: PASSWORD } }));
    sessions.push(JSON.parse(text));
  });
  return sessions;
}

/** Moves a session on; each is refreshed by one at a time, because they take turns. */
async function refresh(session) {
  const body = { refresh_token: session.refresh_token };
  Object.assign(session, JSON.parse(await expectStatus(200, client.send('POST', '/v1/sessions/refresh', { body }))));
}

function me(session) {
  const headers = { authorization: `Bearer ${session.access_token}` };
  return expectStatus(200, client.send('GET', '/v1/me', { headers }));
}

function bareMe() {
  return expectStatus(200, bareClient.send('GET', '/me'));
}

function bareRequest(email) {
  return post(bareClient, '/hash', email);
}

/** So many of them, each as often as the others. */
function turns(sessions, count) {
  return Array.from({ length: count }, (_, index) => sessions[index % sessions.length]);
}

async function expectStatus(status, answer) {
  const { status: got, text } = await answer;
  if (got !== status) throw new Error(`answered ${got}: ${text}`);
  return text;
}

/** Twice as many at once as hashes run at once, so that none ever waits for us. */
async function batch(items, act) {
  const queue = [...items];
  const worker = async () => {
    while (queue.length > 0) await act(queue.shift());
  };
  await Promise.all(Array.from({ length: SLOTS * 2 }, worker));
}

function bareHashes(count) {
  let left = count;
  const worker = async () => {
    while (left-- > 0) await hash(PASSWORD, { ...COST, salt: randomBytes(16) });
  };
  return Promise.all(Array.from({ length: SLOTS }, worker));
}

function claimScript() {
  const bytes = (count) => `'\\x${'00'.repeat(count)}'`;
  const verifier = `$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}`;
  return [
    '\\set n random(1, 2000000000)',
    `select register('bench' || :n || '@example.com', sha256((:n)::text::bytea), '${verifier}',`,
    `  null, null, null, 3600, false, 'abcdef01', ${bytes(64)}, ${bytes(120)}, ${bytes(70)}, '${'0'.repeat(36)}', null, null);`,
  ].join('\n');
}

/** Each refreshes one of these sessions, whatever its generation: a look that the API does not need. */
function refreshScript(sessions) {
  const ids = sessions.map((session) => session.session_id).join(',');
  return [
    `\\set n random(1, ${sessions.length})`,
    `select refresh_session(id, generation, interval '0') from session where id = ('{${ids}}'::uuid[])[:n];`,
  ].join('\n');
}
