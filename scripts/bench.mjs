// npm run bench: what a registration and an activation cost beside what they cannot do without. Rounds of everything
// take turns in one run, so that a busy machine is busy for all of them; ratios are what counts.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import path from 'node:path';
import { hash } from '@node-rs/argon2';
import { clientOf, codeFor } from './measure/client.mjs';
import { startService } from './measure/service.mjs';

const ROUNDS = Number(process.argv[2] ?? 8);
const BATCH = 60;
/** Requests before anything is counted, so that the compiler has done its work. */
const WARM_UP = { registrations: 3000, activations: 600 };
const SLOTS = availableParallelism();
const PASSWORD = 'correct horse battery';
const TICKS_A_SECOND = 100;
const COST = { algorithm: 2, memoryCost: 19_456, timeCost: 2, parallelism: 1 };

const service = await startService({ CLAIM_SECONDS: '3600', PURGE_INTERVAL_SECONDS: '0' });
const client = clientOf(service.url, SLOTS * 2);
try {
  const coldStart = await service.start();
  await bench(coldStart);
} finally {
  client.close();
  await service.stop();
}

async function bench(coldStart) {
  const totals = { bare: empty(), registration: empty(), activation: empty(), claimSql: empty(), pgbench: empty() };
  let people = 0;
  await batch(WARM_UP.registrations, () => register(`warm${++people}@example.com`));
  for (let left = WARM_UP.activations; left > 0; left -= BATCH) {
    const emails = Array.from({ length: BATCH }, () => `warm${++people}@example.com`);
    await batch(emails, register);
    await activateAll(emails, await codesFor(emails));
  }
  await bareHashes(BATCH);
  for (let round = 0; round < ROUNDS; round++) {
    const emails = Array.from({ length: BATCH }, () => `someone${++people}@example.com`);
    add(totals.bare, BATCH, await timed(cpuOfThis, () => bareHashes(BATCH)));
    const sql = await timed(cpuOfDatabase, async () => {
      add(totals.registration, BATCH, await timed(cpuOfApi, () => batch(emails, register)));
    });
    add(totals.claimSql, BATCH, sql);
    const codes = await codesFor(emails);
    add(totals.activation, BATCH, await timed(cpuOfApi, () => activateAll(emails, codes)));
    await pgbench(totals.pgbench);
  }
  print(totals, coldStart);
}

function print({ bare, registration, activation, claimSql, pgbench: raw }, coldStart) {
  const cpu = ({ count, cpu: seconds }) => (seconds * 1000) / count;
  const rate = ({ count, wall }) => count / wall;
  const line = (name, part, ratio) =>
    console.log(
      `${name.padEnd(34)}${rate(part).toFixed(1).padStart(10)}${cpu(part).toFixed(2).padStart(12)}${ratio ?? ''}`,
    );
  const share = (part) => `${(cpu(bare) / cpu(part)).toFixed(2).padStart(10)}`;
  console.log(`${ROUNDS} rounds of ${BATCH}, ${SLOTS} CPUs, Node ${process.version}`);
  console.log(`${''.padEnd(34)}${'a second'.padStart(10)}${'CPU ms each'.padStart(12)}${'share'.padStart(10)}`);
  line('bare Argon2id (19 MiB, 2, 1)', bare);
  line('registration (API process)', registration, share(registration));
  line('activation (API process)', activation, share(activation));
  line(
    'claim, PostgreSQL under the API',
    claimSql,
    raw.count ? `${(cpu(raw) / cpu(claimSql)).toFixed(2).padStart(10)}` : '',
  );
  if (raw.count) line('claim, PostgreSQL under pgbench', raw);
  else console.log('LEFT OUT: pgbench is not on this machine.');
  console.log(
    `cold start to the first answer: ${coldStart.toFixed(0)} ms; memory of the API: ${residentMiB().toFixed(0)} MiB`,
  );
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
  return expectStatus(202, client.send('POST', '/v1/registrations', { body: { email, password: PASSWORD } }));
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
  const queue = typeof items === 'number' ? Array.from({ length: items }) : [...items];
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

async function pgbench(total) {
  const program = ['/usr/lib/postgresql/15/bin/pgbench', '/usr/bin/pgbench'].find(existsSync);
  if (!program) return;
  const script = path.join(tmpdir(), `troth-bench-${process.pid}.sql`);
  const bytes = (count) => `'\\x${'00'.repeat(count)}'`;
  writeFileSync(
    script,
    [
      '\\set n random(1, 2000000000)',
      `select register('bench' || :n || '@example.com', sha256((:n)::text::bytea), '$argon2id$v=19$m=19456,t=2,p=1$${'A'.repeat(22)}$${'A'.repeat(43)}',`,
      `  null, null, null, 3600, false, 'abcdef01', ${bytes(64)}, ${bytes(120)}, ${bytes(70)}, '${'0'.repeat(36)}', null, null);`,
    ].join('\n'),
  );
  const before = cpuOfDatabase();
  const started = performance.now();
  const flags = [
    '-n',
    '-M',
    'prepared',
    '-c',
    String(SLOTS),
    '-t',
    String(Math.ceil((BATCH * 2) / SLOTS)),
    '-f',
    script,
    service.appUrl,
  ];
  const { status, stderr } = spawnSync(program, flags, { encoding: 'utf8' });
  rmSync(script);
  if (status !== 0) throw new Error(stderr);
  add(total, BATCH * 2, { cpu: cpuOfDatabase() - before, wall: (performance.now() - started) / 1000 });
}

function empty() {
  return { count: 0, cpu: 0, wall: 0 };
}

function add(total, count, { cpu, wall }) {
  total.count += count;
  total.cpu += cpu;
  total.wall += wall;
}

async function timed(clock, work) {
  const [cpu, wall] = [clock(), performance.now()];
  await work();
  return { cpu: clock() - cpu, wall: (performance.now() - wall) / 1000 };
}

function cpuOfThis() {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}

function cpuOfApi() {
  return cpuOfProcess(service.api.pid);
}

/** User and system time of a process and of its children that have ended, in seconds (proc(5)). */
function cpuOfProcess(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  return [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0) / TICKS_A_SECOND;
}

/** All processes of the server. A client that left is counted by the postmaster. */
function cpuOfDatabase() {
  const pids = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const parentOf = (pid) => {
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      return stat.includes('(postgres)') ? stat.replace(/^.*\) /, '').split(' ')[1] : undefined;
    } catch {
      return undefined;
    }
  };
  const own = pids.filter((pid) => parentOf(pid) === String(service.postmaster)).concat(String(service.postmaster));
  return own.reduce((sum, pid) => sum + (existsSync(`/proc/${pid}/stat`) ? cpuOfProcess(pid) : 0), 0);
}

function residentMiB() {
  return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${service.api.pid}/status`, 'utf8'))[1]) / 1024;
}
