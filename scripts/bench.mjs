// npm run bench: what a registration and an activation cost beside what they cannot do without. Rounds of everything
// take turns in one run, so that a busy machine is busy for all of them; ratios are what counts.
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
const WARM_UP = { registrations: 3000, activations: 600, bare: 1500 };
const SLOTS = availableParallelism();
const PASSWORD = 'correct horse battery';
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };
const CLAIM = claimScript();

const service = await startService({ CLAIM_SECONDS: '3600', PURGE_INTERVAL_SECONDS: '0' });
const client = clientOf(service.url, SLOTS * 2);
const bareServer = fork(new URL('measure/bare-server.mjs', import.meta.url), [service.superUrl], {
  execArgv: JSON.parse(readFileSync('scripts/node-flags.json', 'utf8')),
});
let people = 0;
try {
  const { port } = await new Promise((resolve) => bareServer.once('message', resolve));
  const bareClient = clientOf(`http://127.0.0.1:${port}`, SLOTS * 2);
  const coldStart = await service.start();
  await bench(bareClient);
  console.log(
    `cold start to the first answer: ${coldStart.toFixed(0)} ms; memory of the API: ${residentMiB(service.api.pid).toFixed(0)} MiB`,
  );
  bareClient.close();
} finally {
  client.close();
  bareServer.kill();
  await service.stop();
}

async function bench(bareClient) {
  const bareRequest = (email) => post(bareClient, '/hash', email);
  await batch(someone(WARM_UP.registrations), register);
  await batch(someone(WARM_UP.bare), bareRequest);
  for (let left = WARM_UP.activations; left > 0; left -= BATCH) {
    const emails = someone(BATCH);
    await batch(emails, register);
    await activateAll(emails, await codesFor(emails));
  }
  await bareHashes(BATCH);
  const bare = new Total('bare Argon2id (19 MiB, 2, 1)');
  const floor = new Total('the same, bare Fastify, one select');
  const registration = new Total('registration (API process)');
  const activation = new Total('activation (API process)');
  const claimSql = new Total('claim, PostgreSQL under the API');
  const raw = new Total('claim, PostgreSQL under pgbench');
  const cpuOfApi = () => cpuOfProcess(service.api.pid);
  const cpuOfSql = () => cpuOfDatabase(service.postmaster);
  for (let round = 0; round < ROUNDS; round++) {
    const emails = someone(BATCH);
    await bare.take(BATCH, cpuOfThis, () => bareHashes(BATCH));
    await floor.take(
      BATCH,
      () => cpuOfProcess(bareServer.pid),
      () => batch(someone(BATCH), bareRequest),
    );
    await claimSql.take(BATCH, cpuOfSql, () => registration.take(BATCH, cpuOfApi, () => batch(emails, register)));
    const codes = await codesFor(emails);
    await activation.take(BATCH, cpuOfApi, () => activateAll(emails, codes));
    if (!hasPgbench) continue;
    const count = BATCH * 2;
    await raw.take(count, cpuOfSql, () => pgbench(service.appUrl, CLAIM, { count, clients: SLOTS }));
  }
  console.log(`${ROUNDS} rounds of ${BATCH}, ${SLOTS} CPUs, Node ${process.version}`);
  printTable(
    ['of bare', 'of the floor'],
    [[bare], [floor, bare], [registration, bare, floor], [activation, bare, floor], [claimSql, raw], [raw]],
  );
  if (!hasPgbench) console.log('LEFT OUT: pgbench is not on this machine.');
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

async function expectStatus(status, answer) {
  const { status: got, text } = await answer;
  if (got !== status) throw new Error(`answered ${got}: ${text}`);
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
