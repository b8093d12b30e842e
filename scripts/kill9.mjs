// npm run fault:kill9: the API is killed at random moments under load, 50 times. Afterwards nothing that was
// acknowledged is lost, nothing is half done, and no letter went out without a row.
import { randomInt } from 'node:crypto';
import postgres from 'postgres';
import { SMTPServer } from 'smtp-server';
import { clientOf } from './measure/client.mjs';
import { startService } from './measure/service.mjs';

const KILLS = Number(process.argv[2] ?? 50);
const WORKERS = 8;
const PASSWORD = 'correct horse battery';

const letters = new Map();
const smtp = await startSmtp();
const service = await startService({
  SMTP_URL: `smtp://127.0.0.1:${smtp.port}`,
  CLAIM_SECONDS: '3600',
  PURGE_INTERVAL_SECONDS: '1',
});
const sql = postgres(service.superUrl, { max: 2 });
const client = clientOf(service.url, WORKERS);
const claimed = new Set();
const active = new Set();
let people = 0;
let running = true;
let failed = false;

try {
  await service.start();
  const load = Promise.all(Array.from({ length: WORKERS }, worker));
  for (let kill = 0; kill < KILLS; kill++) {
    await new Promise((resolve) => setTimeout(resolve, randomInt(50, 1200)));
    await service.end('SIGKILL');
    await service.start();
  }
  running = false;
  await load;
  await check();
} finally {
  running = false;
  client.close();
  await sql.end();
  await service.stop();
  smtp.close();
}
process.exit(failed ? 1 : 0);

/** Registers and activates, again and again; a request that got no answer is forgotten: nothing was promised. */
async function worker() {
  while (running) {
    const email = `someone${++people}@example.com`;
    const registered = await attempt('POST', '/v1/registrations', { body: { email, password: PASSWORD } });
    if (registered !== 202) continue;
    claimed.add(email);
    const code = await codeOf(email);
    if (code === undefined) continue;
    const status = await attempt('POST', '/v1/registrations/activation', { body: { code }, as: [email, PASSWORD] });
    if (status === 200) active.add(email);
  }
}

async function attempt(...request) {
  try {
    return (await client.send(...request)).status;
  } catch {
    // A gap between the kill and the next start.
    await new Promise((resolve) => setTimeout(resolve, 20));
    return undefined;
  }
}

async function codeOf(email) {
  for (let look = 0; look < 400 && running; look++) {
    if (letters.has(email)) return letters.get(email);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  return undefined;
}

async function check() {
  const rows = await sql`select email, state from address`;
  const stateOf = new Map(rows.map(({ email, state }) => [email, state]));
  const [{ half }] = await sql`
    select (select count(*) from address left join account on account.id = address.account_id
                   left join vault.account_password on account_password.account_id = account.id
             where state = 'ACTIVE' and (account.id is null or account_password.phc is null))
         + (select count(*) from address left join vault.claim_password using (claim_id)
             where state = 'CLAIMED' and claim_password.phc is null)
         + (select count(*) from account where not exists (select from address where account_id = account.id))
         + (select count(*) from audit_subject where not exists (select from address where subject_id = audit_subject.id))
           as half`;
  const [{ unwritten }] = await sql`
    select abs((select count(*) from audit_event where event = 'registration.activated')
             - (select count(*) from account)) as unwritten`;
  report('acknowledged claims that are lost', [...claimed].filter((email) => !stateOf.has(email)).length);
  report(
    'acknowledged activations that are lost',
    [...active].filter((email) => stateOf.get(email) !== 'ACTIVE').length,
  );
  report('rows that are half done', Number(half));
  report('accounts without their audit event, or the other way round', Number(unwritten));
  report('letters to addresses without a row', [...letters.keys()].filter((email) => !stateOf.has(email)).length);
  console.log(
    `${KILLS} kills, ${claimed.size} claims and ${active.size} activations acknowledged, ${letters.size} addresses mailed`,
  );
}

function report(what, count) {
  failed ||= count > 0;
  console.log(`${count === 0 ? 'ok   ' : 'FAILS'} ${what}: ${count}`);
}

function startSmtp() {
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['STARTTLS', 'AUTH'],
    logger: false,
    onData(stream, session, done) {
      let text = '';
      stream.on('data', (part) => (text += part));
      stream.on('end', () => {
        const code = /^Subject: (\d{4,8}) /m.exec(text)?.[1];
        for (const { address } of session.envelope.rcptTo) letters.set(address, code);
        done();
      });
    },
  });
  server.on('error', () => undefined);
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve({ port: server.server.address().port, close: () => server.close() }));
  });
}
