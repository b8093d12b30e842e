// npm run overload: log-ins at ten times what the machine can do. How much of it is still done, how quickly the rest is
// refused, and how long requests that hash nothing take meanwhile, beside the same without the flood.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { availableParallelism } from 'node:os';
import { clientOf, codeFor } from './measure/client.mjs';
import { cpuOfProcess } from './measure/cpu.mjs';
import { PASSWORD, requestsOf } from './measure/requests.mjs';
import { startService } from './measure/service.mjs';

const SECONDS = Number(process.argv[2] ?? 10);
const ROUNDS = Number(process.argv[3] ?? 2);
const ACCOUNTS = 40;
/** GET /v1/me a second, while there is a flood and while there is none. */
const LIGHT_RATE = 40;
/** As many at once as keep every slot busy and never wait in vain. */
const CLOSED_CLIENTS = 8;

const service = await startService({ CLAIM_SECONDS: '3600', PURGE_INTERVAL_SECONDS: '0' });
const setUp = clientOf(service.url, 64);
const requests = requestsOf(setUp);
const flooder = fork(new URL('measure/flood.mjs', import.meta.url), [service.url]);
try {
  await service.start();
  const emails = Array.from({ length: ACCOUNTS }, (_, n) => `user${n}@example.com`);
  for (const email of emails) await makeAccount(email);
  // Of somebody who does not log in meanwhile: the oldest of too many sessions ends.
  await makeAccount('reader@example.com');
  const session = await requests.logIn('reader@example.com');
  // Until the compiler has seen both roads.
  await flood({ emails, seconds: SECONDS, rate: 600 });
  for (let round = 1; round <= ROUNDS; round++) {
    const capacity = await closedLoop(emails, SECONDS);
    const idle = await lightRequests(session, SECONDS);
    const load = flood({ emails, seconds: SECONDS, rate: doneASecond(capacity) * 10 });
    const meanwhile = await lightRequests(session, SECONDS);
    report(round, capacity, idle, await load, meanwhile);
  }
} finally {
  setUp.close();
  flooder.kill();
  await service.stop();
}

async function makeAccount(email) {
  await requests.register(email);
  await requests.activate(email, await codeFor(setUp, email));
}

/** As many clients as keep every CPU busy, each of which waits for its answer: what the machine can do. */
function closedLoop(emails, seconds) {
  return flood({ emails, seconds, clients: CLOSED_CLIENTS });
}

/** Resolves to the answers to log-ins, and to the CPU seconds a second that asking left to the service. */
async function flood(work) {
  const before = cpuOfAsking();
  flooder.send({ ...work, password: PASSWORD });
  const [answers] = await once(flooder, 'message');
  return { answers, cpuLeft: availableParallelism() - (cpuOfAsking() - before) / work.seconds };
}

function cpuOfAsking() {
  return cpuOfProcess(flooder.pid) + cpuOfProcess(process.pid);
}

function doneASecond({ answers }) {
  return answers.filter(([status]) => status === 201).length / SECONDS;
}

/** Milliseconds of each of a steady stream of requests that hash nothing. */
async function lightRequests(session, seconds) {
  const answers = [];
  for (let n = 0; n < seconds * LIGHT_RATE; n++) {
    answers.push(timed(() => requests.me(session)));
    await new Promise((resolve) => setTimeout(resolve, 1_000 / LIGHT_RATE));
  }
  return Promise.all(answers);
}

async function timed(act) {
  const began = performance.now();
  await act();
  return performance.now() - began;
}

function report(round, capacity, idle, load, meanwhile) {
  const of = (wanted) => load.answers.filter(([status]) => status === wanted).map(([, milliseconds]) => milliseconds);
  const [done, shed] = [of(201), of(503)];
  const [most, goodput] = [capacity, load].map(doneASecond);
  const share = goodput / most;
  const ofCpuLeft = goodput / load.cpuLeft / (most / capacity.cpuLeft);
  const rate = load.answers.length / SECONDS;
  console.log(`round ${round}: capacity ${most.toFixed(1)}/s; flood ${rate.toFixed(0)}/s for ${SECONDS} s`);
  console.log(
    `  done ${goodput.toFixed(1)}/s: ${share.toFixed(2)} of it, by the CPU that asking left ${ofCpuLeft.toFixed(2)};` +
      ` p50 ${percentile(done, 50)} ms`,
  );
  const other = load.answers.length - done.length - shed.length;
  console.log(
    `  refused ${shed.length}: p50 ${percentile(shed, 50)}, p99 ${percentile(shed, 99)} ms; neither: ${other}`,
  );
  console.log(`  GET /v1/me idle: p50 ${percentile(idle, 50)}, p99 ${percentile(idle, 99)} ms`);
  console.log(`  GET /v1/me meanwhile: p50 ${percentile(meanwhile, 50)}, p99 ${percentile(meanwhile, 99)} ms`);
}

function percentile(values, percent) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN).toFixed(1);
}
