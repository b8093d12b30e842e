// npm run bench:purge [rows]: what requests notice of a purge that has a million rows before it. Registrations, log-ins,
// refreshes and GET /v1/me come at a steady rate, those that can at the very rows that the purge is about to take; the
// purge works and pauses in turns, so that a busy machine is busy for both.
import { loadavg } from 'node:os';
import { clientOf, codeFor } from './measure/client.mjs';
import { dropDueEvents } from './measure/due-events.mjs';
import { DUE_KINDS, fillDueRows } from './measure/due-rows.mjs';
import { LOOK_EVERY, watchLockWaits } from './measure/lock-waits.mjs';
import { tokensOf } from './measure/population.mjs';
import { PASSWORD, requestsOf } from './measure/requests.mjs';
import { startService } from './measure/service.mjs';
import { Database } from '../dist/libs/data/src/database.js';
import { purgeOnce } from '../dist/libs/data/src/purge-once.js';
import { overdueRows } from '../dist/libs/data/src/retention-report.js';

const ROWS = Number(process.argv[2] ?? 1e6);
const EACH = Math.ceil(ROWS / DUE_KINDS);
const PURGER = 'troth purge bench';
/** Milliseconds for which the purge works, and for which it pauses. */
const WORKS = 6_000;
const PAUSES = 4_000;
/** Requests a second. */
const RATES = { registration: 4, 'log-in': 6, refresh: 15, 'GET /v1/me': 25 };
/** How far before the purge a request aims at most: the rows of some batches. */
const AHEAD = 150;
/** What a sweep's statement names, by its kind. */
const SWEEP_OF = [
  [/purge_claims/, 'claims'],
  [/update address/, 'replays'],
  [/delete from letter/, 'letters'],
  [/delete from address_quota/, 'quotas'],
  [/delete from registration_mute/, 'mutes'],
  [/delete from struck_claim/, 'strikes'],
  [/delete from idempotency_key/, 'idempotencyKeys'],
  [/delete from session/, 'sessions'],
  [/delete from login_failure/, 'loginFailures'],
  [/delete from account_token/, 'accountTokens'],
  [/delete from email_change/, 'emailChanges'],
];

const service = await startService({ CLAIM_SECONDS: '3600', PURGE_INTERVAL_SECONDS: '0', REFRESH_GRACE_SECONDS: '0' });
const client = clientOf(service.url, 64);
const requests = requestsOf(client);
/** Where the purge is: the kind, and how many of its rows are gone. */
const head = { kind: 'claims', gone: 0 };
/** Milliseconds of each request, by whether the purge was at work when it began, and by its name. */
const answers = { without: {}, with: {} };
const unfit = [];
let isWorking = false;
let people = 0;
try {
  await service.start();
  const reader = await accountOf('reader@example.com');
  const regulars = await regularsOf(8);
  const tokens = await tokensOf(service);
  const keys = await fillDueRows(service, EACH);
  console.log(`${EACH * DUE_KINDS} due rows, ${EACH} of each kind; ${JSON.stringify(RATES)} requests a second`);
  const timers = startRequests(actsOf(reader, regulars, tokens));
  const waits = watchLockWaits(service.superUrl, PURGER);
  await pause(PAUSES);
  const run = await purgeInTurns(keys);
  await pause(PAUSES);
  timers.forEach(clearInterval);
  await pause(2_000);
  report(run, await waits.stop());
  await tokens.close();
} finally {
  client.close();
  await service.stop();
}

async function accountOf(email) {
  await requests.register(email);
  await requests.activate(email, await codeFor(client, email));
  return requests.logIn(email);
}

async function regularsOf(count) {
  const emails = Array.from({ length: count }, (_, n) => `regular${n}@example.com`);
  for (const email of emails) await accountOf(email);
  return emails;
}

/** What is asked. Those that can aim at the rows before the purge. */
function actsOf(reader, regulars, tokens) {
  const ahead = () => Math.min(EACH, head.gone + 1 + Math.floor(Math.random() * AHEAD));
  const post = (path, body) => client.send('POST', path, { body });
  const near = { claims: 'claim', quotas: 'quota', mutes: 'mute' };
  return {
    registration: () => {
      const name = near[head.kind];
      const email = name ? `${name}${ahead()}@example.com` : `new${++people}@example.com`;
      return post('/v1/registrations', { email, password: PASSWORD });
    },
    'log-in': () => {
      const names = { loginFailures: () => `fail${ahead()}`, replays: () => `replay${ahead()}` };
      const name = names[head.kind]?.();
      const email = name ? `${name}@example.com` : regulars[++people % regulars.length];
      return post('/v1/sessions', { email, password: PASSWORD });
    },
    refresh: () => {
      const { refresh_token } = head.kind === 'sessions' ? tokens.sessionOf(ahead()) : reader;
      return post('/v1/sessions/refresh', { refresh_token });
    },
    'GET /v1/me': () => client.send('GET', '/v1/me', { headers: { authorization: `Bearer ${reader.access_token}` } }),
  };
}

/** Sends each kind at its rate, whatever becomes of them; resolves to nothing, and keeps what they took. */
function startRequests(acts) {
  return Object.entries(acts).map(([name, act]) =>
    setInterval(async () => {
      const began = performance.now();
      const side = isWorking ? answers.with : answers.without;
      const { status } = await act().catch(() => ({ status: 0 }));
      (side[name] ??= []).push(performance.now() - began);
      if (status === 0 || status >= 500) unfit.push(`${name} ${status}`);
    }, 1_000 / RATES[name]),
  );
}

/** One whole purge and retention of audit events, by the code of the jobs, which rest again and again. */
async function purgeInTurns(keys) {
  const db = Database.open({ url: service.appUrl, poolSize: 1, applicationName: PURGER });
  const statements = [];
  let turnEnds = performance.now() + WORKS;
  isWorking = true;
  const sql = async (text, ...values) => {
    if (performance.now() > turnEnds) {
      isWorking = false;
      await pause(PAUSES);
      isWorking = true;
      turnEnds = performance.now() + WORKS;
    }
    const began = performance.now();
    const rows = await db.sql(text, ...values);
    statements.push(performance.now() - began);
    noteProgress(text.join('?'), Number(rows[0]?.purged ?? 0));
    return rows;
  };
  const { purged } = await purgeOnce(sql);
  Object.assign(head, { kind: 'auditEvents', gone: 0 });
  purged.auditEvents = await dropDueEvents(sql, keys);
  isWorking = false;
  // What came to its date meanwhile is for the next run.
  const left = await overdueRows(db.sql, { slackSeconds: 3_600, most: ROWS });
  await db.close();
  return { purged, statements, left: left.reduce((sum, { rows }) => sum + rows, 0) };
}

function noteProgress(text, rows) {
  const [, kind] = SWEEP_OF.find(([pattern]) => pattern.test(text)) ?? [];
  if (kind === undefined) return;
  if (kind !== head.kind) Object.assign(head, { kind, gone: 0 });
  head.gone += rows;
}

function report({ purged, statements, left }, waits) {
  const rows = Object.values(purged).reduce((sum, some) => sum + some, 0);
  const seconds = statements.reduce((sum, ms) => sum + ms, 0) / 1_000;
  console.log(
    `purged ${rows} rows in ${statements.length} statements and ${seconds.toFixed(0)} s of work` +
      ` (${(rows / seconds).toFixed(0)} a second); p50 ${percentile(statements, 50)}, p99 ${percentile(statements, 99)},` +
      ` max ${percentile(statements, 100)} ms; past their date afterwards: ${left}`,
  );
  console.log(['', 'without: p50', 'p99', 'max', 'with: p50', 'p99', 'max', 'requests'].map(cell).join(''));
  for (const name of Object.keys(RATES)) {
    const sides = [answers.without[name] ?? [], answers.with[name] ?? []];
    const cells = sides.flatMap((all) => [50, 99, 100].map((percent) => percentile(all, percent)));
    console.log([name, ...cells, sides.map(({ length }) => length).join('+')].map(cell).join(''));
  }
  console.log(
    `waits for a lock of the purge that were seen, looking every ${LOOK_EVERY} ms: ${waits.length};` +
      ` p50 ${percentile(waits, 50)}, longest ${percentile(waits, 100)} ms; over 50 ms: ${waits.filter((ms) => ms > 50).length}`,
  );
  console.log(`load of the machine at the end: ${loadavg()[0].toFixed(1)}`);
  console.log(
    `answered by 5xx or not at all: ${unfit.length}${unfit.length > 0 ? ` (${[...new Set(unfit)].join(', ')})` : ''}`,
  );
}

function percentile(values, percent) {
  const sorted = [...values].sort((a, b) => a - b);
  return (sorted[Math.min(sorted.length - 1, Math.floor((sorted.length * percent) / 100))] ?? Number.NaN).toFixed(1);
}

function cell(text, column) {
  return column === 0 ? text.padEnd(16) : text.padStart(14);
}

function pause(milliseconds) {
  return new Promise((resolve) => setTimeout(resolve, milliseconds));
}
