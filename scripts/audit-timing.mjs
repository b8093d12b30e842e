// npm run audit:timing: can the time of an answer tell an unknown, a claimed and an active address apart? Requests of the
// classes take turns, in random order, one at a time. The result is the AUC of the best threshold: 0.5 is blind.
import { randomInt } from 'node:crypto';
import { clientOf, codeFor } from './measure/client.mjs';
import { startService } from './measure/service.mjs';

const ROUNDS = Number(process.argv[2] ?? 1000);
const LIMIT = 0.55;
/** Requests of each class that are not counted. */
const WARM_UP = 50;
/** So many changes of address may a user ask for in a day. */
const CHANGES_A_DAY = 5;
/** So many that nobody spends the five failed log-ins that are judged, or the five letters of an hour. */
const POOL = 250;
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
  const tokens = new Map();
  const claimed = await people('claimed', POOL, false, tokens);
  const active = await people('active', POOL, true, tokens);
  let strangers = 0;
  const addressOf = {
    unknown: () => `stranger${++strangers}@example.com`,
    claimed: () => claimed[randomInt(POOL)],
    active: () => active[randomInt(POOL)],
  };
  // Failed log-ins and resets are counted by address, so each class comes back to each of as many addresses as often.
  const inTurn = (emails) => {
    let next = 0;
    return () => emails[next++ % POOL];
  };
  const unknown = Array.from({ length: POOL }, (_, index) => `nobody${index}@example.com`);
  const countedAddressOf = { unknown: inTurn(unknown), claimed: inTurn(claimed), active: inTurn(active) };
  const endpoints = {
    'POST /v1/registrations': (email) => client.send('POST', '/v1/registrations', { body: { email, password: WRONG } }),
    'POST …/activation': (email) =>
      client.send('POST', '/v1/registrations/activation', { body: { code: '0000' }, as: [email, WRONG] }),
    'POST …/resend': (email) => client.send('POST', '/v1/registrations/resend', { as: [email, WRONG] }),
    'DELETE /v1/registrations': (email) => client.send('DELETE', '/v1/registrations', { as: [email, WRONG] }),
    'POST …/mute': (email) =>
      client.send('POST', '/v1/registrations/mute', {
        body: { owner_token: tokens.get(email), days: 0 },
      }),
    'POST /v1/sessions': (email) => client.send('POST', '/v1/sessions', { body: { email, password: WRONG } }),
    'POST /v1/password-resets': (email) => client.send('POST', '/v1/password-resets', { body: { email } }),
    'POST /v1/me/email-change': changesOfAddress((ROUNDS + WARM_UP) * 3),
  };
  printHead();
  for (const [name, call] of Object.entries(endpoints)) {
    const isMute = name.includes('mute');
    const classes = isMute ? ['claimed', 'active'] : ['unknown', 'claimed', 'active'];
    const isCounted = /sessions|resets|email-change/.test(name);
    report(name, await measure(call, classes, isCounted ? countedAddressOf : addressOf));
  }
}

/** Asks for an address in the name of one user after the other. They were authenticated a moment ago: it comes last. */
function changesOfAddress(count) {
  const users = Math.ceil(count / CHANGES_A_DAY);
  let tokens;
  let asked = 0;
  return async (email) => {
    tokens ??= await usersWithTokens(users);
    const authorization = `Bearer ${tokens[Math.floor(asked++ / CHANGES_A_DAY)]}`;
    return client.send('POST', '/v1/me/email-change', { body: { new_email: email }, headers: { authorization } });
  };
}

async function usersWithTokens(count) {
  const tokens = [];
  for (let n = 0; n < count; n++) {
    const email = `mover${n}@example.com`;
    await client.send('POST', '/v1/registrations', { body: { email, password: PASSWORD } });
    const body = { code: await codeFor(client, email), create_session: true };
    const { text } = await client.send('POST', '/v1/registrations/activation', { body, as: [email, PASSWORD] });
    tokens.push(JSON.parse(text).session.access_token);
  }
  return tokens;
}

function printHead() {
  console.log(`${ROUNDS} requests a class, one at a time, in random order; milliseconds are medians`);
  console.log(
    'endpoint'.padEnd(28) +
      'unknown'.padStart(9) +
      'claimed'.padStart(9) +
      'active'.padStart(9) +
      '   AUC of the best pair',
  );
}

async function measure(call, classes, addressOf) {
  const times = Object.fromEntries(classes.map((name) => [name, []]));
  const answers = new Map();
  for (let round = -WARM_UP; round < ROUNDS; round++) {
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

async function people(kind, count, activate, tokens) {
  const emails = Array.from({ length: count }, (_, index) => `${kind}${index}@example.com`);
  for (const email of emails) {
    await client.send('POST', '/v1/registrations', { body: { email, password: PASSWORD } });
    const code = await codeFor(client, email);
    tokens.set(email, await ownerToken(email));
    if (activate) await client.send('POST', '/v1/registrations/activation', { body: { code }, as: [email, PASSWORD] });
  }
  return emails;
}

/** At once: the mailbox keeps the newest letters only. */
async function ownerToken(email) {
  const { text } = await client.send('GET', `/dev/mailbox.json?to=${encodeURIComponent(email)}`);
  return /owner_token=([A-Za-z0-9_-]+)/.exec(text)[1];
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
