// npm run overload: log-ins at ten times what the machine can do. How much of it is still done, how quickly the rest is
// refused, and how long requests that hash nothing take meanwhile, beside the same without the flood.
import { clientOf, codeFor } from './measure/client.mjs';
import { startService } from './measure/service.mjs';

const SECONDS = Number(process.argv[2] ?? 10);
const ROUNDS = Number(process.argv[3] ?? 2);
const PASSWORD = 'correct horse battery';
const ACCOUNTS = 40;
/** GET /v1/me a second, while there is a flood and while there is none. */
const LIGHT_RATE = 40;
/** As many at once as keep every slot busy and never wait in vain. */
const CLOSED_CLIENTS = 8;

const service = await startService({ CLAIM_SECONDS: '3600', PURGE_INTERVAL_SECONDS: '0' });
const setUp = clientOf(service.url, 4);
const light = clientOf(service.url, 64);
const flood = clientOf(service.url, 2_000);
try {
  await service.start();
  const emails = Array.from({ length: ACCOUNTS }, (_, n) => `user${n}@example.com`);
  const token = await makeAccounts(emails);
  await closedLoop(emails, 4);
  for (let round = 1; round <= ROUNDS; round++) {
    const capacity = await closedLoop(emails, SECONDS);
    const idle = await lightRequests(token, SECONDS);
    const load = openLoop(emails, capacity * 10, SECONDS);
    const meanwhile = await lightRequests(token, SECONDS);
    report(round, capacity, idle, await load, meanwhile);
  }
} finally {
  for (const client of [setUp, light, flood]) client.close();
  await service.stop();
}

async function makeAccounts(emails) {
  for (const email of emails) {
    await setUp.send('POST', '/v1/registrations', { body: { email, password: PASSWORD } });
    const code = await codeFor(setUp, email);
    await setUp.send('POST', '/v1/registrations/activation', { body: { code }, as: [email, PASSWORD] });
  }
  const { text } = await logIn(setUp, emails[0]);
  return JSON.parse(text).access_token;
}

function logIn(client, email) {
  return client.send('POST', '/v1/sessions', { body: { email, password: PASSWORD } });
}

/** Log-ins a second when each client waits for its answer: what the machine can do. */
async function closedLoop(emails, seconds) {
  const end = performance.now() + seconds * 1_000;
  let done = 0;
  const worker = async (first) => {
    for (let n = first; performance.now() < end; n++) {
      const { status } = await logIn(light, emails[n % emails.length]);
      if (status === 201) done += 1;
    }
  };
  await Promise.all(Array.from({ length: CLOSED_CLIENTS }, (_, n) => worker(n)));
  return done / seconds;
}

/** Sends `rate` log-ins a second whatever becomes of them. */
async function openLoop(emails, rate, seconds) {
  const answers = [];
  const began = performance.now();
  let sent = 0;
  while (performance.now() - began < seconds * 1_000) {
    const due = Math.floor(((performance.now() - began) / 1_000) * rate);
    for (; sent < due; sent++) answers.push(timed(() => logIn(flood, emails[sent % emails.length])));
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  return { rate: sent / seconds, answers: await Promise.all(answers), seconds };
}

/** Milliseconds of each of a steady stream of requests that hash nothing. */
async function lightRequests(token, seconds) {
  const headers = { authorization: `Bearer ${token}` };
  const answers = [];
  for (let n = 0; n < seconds * LIGHT_RATE; n++) {
    answers.push(timed(() => light.send('GET', '/v1/me', { headers })));
    await new Promise((resolve) => setTimeout(resolve, 1_000 / LIGHT_RATE));
  }
  const settled = await Promise.all(answers);
  const failed = settled.filter(({ status }) => status !== 200).length;
  if (failed > 0) console.log(`${failed} requests that hash nothing failed`);
  return settled.map(({ milliseconds }) => milliseconds);
}

async function timed(act) {
  const began = performance.now();
  const status = await act().then(
    (answer) => answer.status,
    () => 0,
  );
  return { status, milliseconds: performance.now() - began };
}

function report(round, capacity, idle, { rate, answers, seconds }, meanwhile) {
  const of = (status) => answers.filter((answer) => answer.status === status).map((answer) => answer.milliseconds);
  const [done, shed] = [of(201), of(503)];
  const other = answers.length - done.length - shed.length;
  const goodput = done.length / seconds;
  console.log(`round ${round}: capacity ${capacity.toFixed(1)}/s; flood ${rate.toFixed(0)}/s for ${seconds} s`);
  console.log(
    `  done ${goodput.toFixed(1)}/s (${(goodput / capacity).toFixed(2)} of it), p50 ${percentile(done, 50)} ms`,
  );
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
