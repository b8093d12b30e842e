// npm run bench [rounds [accounts]]: what requests cost beside what they cannot do without, and what a page of the users does
// when there are so many.
// Rounds of everything take turns in one run, so that a busy machine is busy for all of them; ratios are what counts.
import { fork } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { BINDING } from './measure/bare-hash.mjs';
import { clientOf, codeFor } from './measure/client.mjs';
import { cpuOfDatabase, cpuOfProcess, residentMiB } from './measure/cpu.mjs';
import { Listing } from './measure/listing.mjs';
import { hasPgbench, pgbench } from './measure/pgbench.mjs';
import { batch as batchOf, PASSWORD, requestsOf } from './measure/requests.mjs';
import { startService } from './measure/service.mjs';
import { printTable, Total } from './measure/totals.mjs';

const ROUNDS = Number(process.argv[2] ?? 8);
const ACCOUNTS = Number(process.argv[3] ?? 1e6);
const BATCH = 60;
/** Requests before anything is counted, so that the compiler has done its work. */
const WARM_UP = { registrations: 3000, activations: 600, bare: 1500, light: 6000 };
/** Requests that hash nothing are so quick that a round takes more of them. */
const LIGHT = BATCH * 40;
const SLOTS = availableParallelism();
const CLAIM = claimScript();

// Without a grace each refresh rotates, however soon it comes.
const service = await startService({
  CLAIM_SECONDS: '3600',
  PURGE_INTERVAL_SECONDS: '0',
  REFRESH_GRACE_SECONDS: '0',
  PASSWORD_HASHER: BINDING,
});
const client = clientOf(service.url, SLOTS * 2);
const { wanted, register, activate, logIn, refresh, me, changeProfile, erase } = requestsOf(client);
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
  patch: new Total('PATCH /v1/me (API process)'),
  patchSql: new Total('PATCH, PostgreSQL under the API'),
  deletion: new Total('deletion (API process)'),
  deletionSql: new Total('deletion, PostgreSQL under the API'),
};
const cpuOfApi = () => cpuOfProcess(service.api.pid);
const cpuOfBare = () => cpuOfProcess(bareServer.pid);
const cpuOfSql = () => cpuOfDatabase(service.postmaster);
let people = 0;
try {
  const [{ port }] = await once(bareServer, 'message');
  Object.assign(bareClient, clientOf(`http://127.0.0.1:${port}`, SLOTS * 2));
  const coldStart = await service.start();
  const sessions = await warmUp();
  for (let round = 0; round < ROUNDS; round++) {
    const others = await hashingRound();
    await lightRound(sessions);
    if (hasPgbench) await pgbenchRound(others);
    await deletionRound(others);
  }
  print(coldStart);
  await new Listing(service, client, ACCOUNTS).run(ROUNDS);
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
  for (const act of [refresh, me, changeProfile, bareMe]) await inTurns(sessions, WARM_UP.light, act);
  return sessions;
}

/** Resolves to the sessions that it opened. */
async function hashingRound() {
  const emails = someone(BATCH);
  await rows.bare.take(BATCH, cpuOfBare, () => bareHashes(BATCH));
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
  const each = (act) => () => inTurns(sessions, LIGHT, act);
  await rows.refreshSql.take(LIGHT, cpuOfSql, () => rows.refresh.take(LIGHT, cpuOfApi, each(refresh)));
  await rows.get.take(LIGHT, cpuOfApi, each(me));
  await rows.bareGet.take(LIGHT, cpuOfBare, each(bareMe));
  await rows.patchSql.take(LIGHT, cpuOfSql, () => rows.patch.take(LIGHT, cpuOfApi, each(changeProfile)));
}

/** Ends the accounts of the round, each with its one session. */
async function deletionRound(sessions) {
  const erasing = () => rows.deletion.take(BATCH, cpuOfApi, () => batch(sessions, erase));
  await rows.deletionSql.take(BATCH, cpuOfSql, erasing);
}

async function pgbenchRound(sessions) {
  const run = (script, count) => () => pgbench(service.appUrl, script, { count, clients: SLOTS });
  await rows.claimRaw.take(BATCH * 2, cpuOfSql, run(CLAIM, BATCH * 2));
  await rows.refreshRaw.take(LIGHT, cpuOfSql, run(refreshScript(sessions), LIGHT));
}

function print(coldStart) {
  const { bare, floor } = rows;
  console.log(`${ROUNDS} rounds of ${BATCH}, ${SLOTS} CPUs, Node ${process.version}, Argon2id of ${BINDING}`);
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
      [rows.patch, rows.bareGet],
      [rows.patchSql],
      [rows.deletion, rows.bareGet],
      [rows.deletionSql],
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

async function logInAll(emails) {
  const sessions = [];
  await batch(emails, async (email) => void sessions.push(await logIn(email)));
  return sessions;
}

function bareMe() {
  return wanted(200, bareClient.send('GET', '/me'));
}

function bareRequest(email) {
  return wanted(202, bareClient.send('POST', '/hash', { body: { email, password: PASSWORD } }));
}

/** Does something so often, with each session as often as with the others and with none twice at once: of two refreshes the later is a reuse. */
async function inTurns(sessions, count, act) {
  const clients = SLOTS * 2;
  const lanes = Array.from({ length: clients }, (_, lane) => sessions.filter((_one, i) => i % clients === lane));
  await Promise.all(
    lanes.map(async (own) => {
      for (let turn = 0; turn < count / clients; turn++) await act(own[turn % own.length]);
    }),
  );
}

/** Twice as many at once as hashes run at once, so that none ever waits for us. */
function batch(items, act) {
  return batchOf(items, SLOTS * 2, act);
}

async function bareHashes(count) {
  bareServer.send(count);
  await once(bareServer, 'message');
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
