// npm run audit:timing: can the time of an answer tell an unknown, a claimed and an active address apart? Requests of the
// classes take turns, in random order, one at a time. The result is the AUC of the best threshold: 0.5 is blind.
import { randomInt } from 'node:crypto';
import { clientOf, codeFor } from './measure/client.mjs';
import { startService } from './measure/service.mjs';

const ROUNDS = Number(process.argv[2] ?? 1000);
const LIMIT = 0.55;
const POOL = 100;
const PASSWORD = 'correct horse battery';
const WRONG = 'not the right password';

const service = await startService({ CLAIM_SECONDS: '3600', PURGE_INTERVAL_SECONDS: '0' });
const client = clientOf(service.url);
let failed = false;
try {
  await service.start();
  await audit();
} finally {
  client.close();
  await service.stop();
}
process.exit(failed ? 1 : 0);

async function audit() {
  const claimed = await people('claimed', POOL, false);
  const active = await people('active', POOL, true);
  const tokens = await ownerTokens([...claimed, ...active]);
  let strangers = 0;
  const addressOf = {
    unknown: () => `stranger${++strangers}@example.com`,
    claimed: () => claimed[randomInt(POOL)],
    active: () => active[randomInt(POOL)],
  };
  const endpoints = {
    'POST /v1/registrations': (email) => client.send('POST', '/v1/registrations', { body: { email, password: WRONG } }),
    'POST …/activation': (email) =>
      client.send('POST', '/v1/registrations/activation', { body: { code: '0000' }, as: [email, WRONG] }),
    'POST …/resend': (email) => client.send('POST', '/v1/registrations/resend', { as: [email, WRONG] }),
    'DELETE /v1/registrations': (email) => client.send('DELETE', '/v1/registrations', { as: [email, WRONG] }),
    'POST …/mute': (email) =>
      client.send('POST', '/v1/registrations/mute', {
        body: { owner_token: tokens.get(email) ?? 'x'.repeat(96), days: 0 },
      }),
  };
  console.log(`${ROUNDS} requests a class, one at a time, in random order; milliseconds are medians`);
  console.log(
    'endpoint'.padEnd(28) +
      'unknown'.padStart(9) +
      'claimed'.padStart(9) +
      'active'.padStart(9) +
      '   AUC of the best pair',
  );
  for (const [name, call] of Object.entries(endpoints)) {
    const isMute = name.includes('mute');
    const classes = isMute ? ['claimed', 'active'] : ['unknown', 'claimed', 'active'];
    report(name, await measure(call, classes, addressOf));
  }
}

async function measure(call, classes, addressOf) {
  const times = Object.fromEntries(classes.map((name) => [name, []]));
  const answers = new Map();
  for (let round = -50; round < ROUNDS; round++) {
    for (const name of shuffled(classes)) {
      const email = addressOf[name]();
      const started = process.hrtime.bigint();
      const { status, text } = await call(email);
      const took = Number(process.hrtime.bigint() - started) / 1e6;
      if (round < 0) continue;
      times[name].push(took);
      answers.set(`${status} ${text.replace(/"instance":"[^"]*"/, '')}`, name);
    }
  }
  return { times, answers };
}

function report(name, { times, answers }) {
  const classes = Object.keys(times);
  const pairs = classes.flatMap((a, i) => classes.slice(i + 1).map((b) => [a, b]));
  const [worst, pair] = pairs.map((p) => [auc(times[p[0]], times[p[1]]), p]).sort((x, y) => y[0] - x[0])[0];
  const isBad = worst > LIMIT || answers.size > 1;
  failed ||= isBad;
  const medians = ['unknown', 'claimed', 'active']
    .map((c) => (times[c] ? median(times[c]).toFixed(2) : '–').padStart(9))
    .join('');
  const note = answers.size > 1 ? `  ANSWERS DIFFER: ${[...answers.keys()].join(' | ')}` : '';
  console.log(
    `${name.padEnd(28)}${medians}   ${worst.toFixed(3)} (${pair.join(' and ')})${isBad ? '  FAILS' : ''}${note}`,
  );
}

/** Area under the curve of telling a from b by time alone, whichever way round. */
function auc(a, b) {
  const all = [...a.map((value) => [value, 1]), ...b.map((value) => [value, 0])].sort((x, y) => x[0] - y[0]);
  let ranks = 0;
  all.forEach(([, mine], index) => (ranks += mine ? index + 1 : 0));
  const area = (ranks - (a.length * (a.length + 1)) / 2) / (a.length * b.length);
  return Math.max(area, 1 - area);
}

async function people(kind, count, activate) {
  const emails = Array.from({ length: count }, (_, index) => `${kind}${index}@example.com`);
  for (const email of emails) {
    await client.send('POST', '/v1/registrations', { body: { email, password: PASSWORD } });
    const code = await codeFor(client, email);
    if (activate) await client.send('POST', '/v1/registrations/activation', { body: { code }, as: [email, PASSWORD] });
  }
  return emails;
}

async function ownerTokens(emails) {
  const tokens = new Map();
  for (const email of emails) {
    const { text } = await client.send('GET', `/dev/mailbox.json?to=${encodeURIComponent(email)}`);
    const token = /owner_token=([A-Za-z0-9_-]+)/.exec(text)?.[1];
    if (token) tokens.set(email, token);
  }
  return tokens;
}

function shuffled(list) {
  const copy = [...list];
  for (let i = copy.length - 1; i > 0; i--) {
    const j = randomInt(i + 1);
    [copy[i], copy[j]] = [copy[j], copy[i]];
  }
  return copy;
}

function median(values) {
  return [...values].sort((x, y) => x - y)[values.length >> 1];
}
