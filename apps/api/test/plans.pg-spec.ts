import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';

import postgres from 'postgres';

import { disownChange, findTokenAccount, resetPassword } from '#data/account-token';
import { listSubjectKeys, replaceSubjectKeys } from '#data/audit-subject';
import { activateClaim, findClaimant, register, resendCode, withdrawClaim, type Registration } from '#data/claim';
import { Database, type Sql } from '#data/database';
import { findTokenSession } from '#data/introspection';
import { leaseLetters, postponeLetter, removeLetters } from '#data/letter';
import { findLoginByEmail, findLoginByUsername, logIn, renewPassword } from '#data/login';
import { muteRegistration } from '#data/mute';
import { changePassword, findPasswordRecipe, requestPasswordReset } from '#data/password';
import { reauthenticate } from '#data/reauthentication';
import {
  forgetReplays,
  purgeAccountTokens,
  purgeClaims,
  purgeIdempotencyKeys,
  purgeLetters,
  purgeLoginFailures,
  purgeMutes,
  purgeQuotas,
  purgeSessions,
  purgeSigningKeys,
  purgeStrikes,
} from '#data/purge';
import {
  endReusedSession,
  endSession,
  endSessions,
  findSession,
  listSessions,
  markGenerationUsed,
  refreshSession,
} from '#data/session';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { findStatements } from '#testing/sql-rows/statements';

const ROWS = 1_000_000;
/** So often that the plan that is kept for any value is taken too. */
const RUNS = 6;
/** Entries of one table that a statement may read: the breaker counts some two hundred strikes. */
const MOST_ENTRIES = 2_000;
const PHC = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2g';
/** What is filled, the longest first, with the columns and the values of row `n`, or of several kinds of rows. */
const FILL: Readonly<Record<string, readonly string[]>> = {
  address: [
    `(email, state, last_event, moved_at, subject_id, claim_id, claim_key_id, code_length, claimed_at, letter_at, expires_at, strikes, resends)
     select 'claimed' || n || '@example.com', 'CLAIMED', 'claimed', clock_timestamp(), md5('s' || n)::uuid, md5('c' || n)::uuid,
            'k', 4, clock_timestamp(), clock_timestamp(), clock_timestamp() + interval '1 hour', 0, 0 from generate_series(${ROWS} / 2 + 1, ${ROWS}) n`,
    `(email, state, last_event, moved_at, subject_id, account_id, claim_id, claim_key_id, code_length, replayable_until)
     select 'active' || n || '@example.com', 'ACTIVE', 'verified', clock_timestamp(), md5('s' || n)::uuid, md5('a' || n)::uuid,
            md5('c' || n)::uuid, 'k', 4, clock_timestamp() + interval '1 hour' from generate_series(1, ${ROWS} / 2) n`,
  ],
  account: [
    `(id, subject_id, created_at)
     select md5('a' || n)::uuid, md5(case when n <= ${ROWS} / 2 then 's' else 't' end || n)::uuid, clock_timestamp() - n * interval '1 minute' from generate_series(1, ${ROWS}) n`,
  ],
  letter: [
    `(kind, envelope, address_key, due_at, window_closes_at)
     select 'already_registered', '\\x00', '\\x00', clock_timestamp() + interval '1 hour', clock_timestamp() + interval '2 hours' from generate_series(1, ${ROWS} / 2) n`,
    `(kind, envelope, address_key, written_at, due_at, window_closes_at)
     select 'already_registered', '\\x00', '\\x00', clock_timestamp() - interval '1 hour', clock_timestamp() - interval '1 hour', clock_timestamp() - interval '1 minute' from generate_series(1, ${ROWS} / 2) n`,
  ],
  audit_event: [
    `(event, subject_id) select 'registration.claimed', md5('s' || n)::uuid from generate_series(1, ${ROWS}) n`,
  ],
  'vault.account_password': [
    `(account_id, phc) select md5('a' || n)::uuid, '${PHC}' from generate_series(1, ${ROWS}) n`,
  ],
  struck_claim: [
    `(claim_id, address_key, struck_at) select md5('x' || n)::uuid, md5('k' || n)::bytea, clock_timestamp() - n * interval '2 seconds' from generate_series(1, ${ROWS}) n`,
  ],
  address_quota: [
    `(address_key, kind, hour_started_at, hour_count, day_started_at, day_count, touched_at)
     select md5('k' || n)::bytea, 'registration_letters', clock_timestamp(), 1, clock_timestamp(), 1, clock_timestamp() from generate_series(1, ${ROWS}) n`,
  ],
  registration_mute: [
    `(address_key, muted_until) select md5('k' || n)::bytea, clock_timestamp() + interval '1 day' from generate_series(1, ${ROWS}) n`,
  ],
  idempotency_key: [
    `(scope, fingerprint, used_at) select md5('i' || n)::bytea, '\\x00', clock_timestamp() from generate_series(1, ${ROWS}) n`,
  ],
  'vault.claim_password': [
    `(claim_id, phc) select md5('c' || n)::uuid, '${PHC}' from generate_series(${ROWS} / 2 + 1, ${ROWS}) n`,
  ],
  session: [
    `(id, account_id, credential_version, authenticated_at, amr, created_at, rotated_at, last_seen_at, ends_at)
     select md5('n' || n)::uuid, md5('a' || n)::uuid, 1, clock_timestamp(), '{pwd}', clock_timestamp(), clock_timestamp(),
            clock_timestamp(), clock_timestamp() + interval '29 days' from generate_series(1, ${ROWS}) n`,
  ],
  account_token: [
    `(id, account_id, purpose, expires_at)
     select md5('p' || n)::uuid, md5('a' || n)::uuid, case when n % 2 = 0 then 'password_reset' else 'not_me' end,
            clock_timestamp() + interval '20 minutes' from generate_series(1, ${ROWS}) n`,
  ],
  login_failure: [
    `(budget_key, window_started_at, failures)
     select md5('f' || n)::bytea, clock_timestamp(), 1 from generate_series(1, ${ROWS}) n`,
  ],
  audit_subject: [`(id, wrapped_key) select md5('s' || n)::uuid, '\\x00' from generate_series(1, ${ROWS}) n`],
};
/** Files whose statements read catalogues and tables of a few rows, or are the driver's. */
const SMALL = /^(?:connection|migrate|owner|roles|sealed-key|signing-key|client)\.ts$|^driver\//;
jest.setTimeout(60_000);

const ran = new Set<string>();
let db: TestDatabase;
let database: Database;
let sql: Sql;
beforeAll(async () => {
  db = await freshDatabase();
  await fill();
  // One connection, whose statistics are sent before they are read.
  database = Database.open({ url: db.appUrl, poolSize: 1, onStatement: ({ text }) => ran.add(text) });
  ({ sql } = database);
}, 900_000);
afterAll(async () => {
  await database.close();
  await db.drop();
});

/** A million rows in every table that a statement reads, without the work of triggers and keys, and indexes built at once. */
async function fill(): Promise<void> {
  const tables = Object.entries(FILL);
  const one = async (): Promise<void> => {
    const loader = postgres(db.superUrl, {
      max: 1,
      onnotice: () => undefined,
      connection: { session_replication_role: 'replica', statement_timeout: 0, synchronous_commit: 'off' },
    });
    try {
      await loader.unsafe(`set maintenance_work_mem = '128MB'; set jit = off`);
      for (let next = tables.shift(); next; next = tables.shift()) {
        const [table, parts] = next;
        // An index that is not ready is passed over by inserts; reindex makes it whole, and ready.
        await loader`update pg_index set indisready = false, indisvalid = false where indrelid = ${table}::regclass`;
        for (const part of parts) await loader.unsafe(`insert into ${table} ${part}`);
        await loader.unsafe(`reindex table ${table}`);
        await loader.unsafe(`analyze ${table}`);
      }
    } finally {
      await loader.end();
    }
  };
  const started = performance.now();
  await Promise.all([one(), one()]);
  process.stdout.write(`A million rows in every table after ${Math.round((performance.now() - started) / 1000)} s.\n`);
}

function registration(email: string): Registration {
  return {
    email,
    addressKey: randomBytes(32),
    phc: PHC,
    username: 'ada',
    locale: null,
    ownerTokenDay: null,
    claimSeconds: 60,
    strict: false,
    keyId: 'k',
    wrappedKey: randomBytes(8),
    sealedDetails: null,
    envelope: randomBytes(8),
    requestId: 'r',
    idempotencyScope: randomBytes(32),
    fingerprint: randomBytes(32),
  };
}

const attempt = async (email: string) => {
  const claimId = (await findClaimant(sql, email))?.claimId ?? randomUUID();
  return { email, addressKey: randomBytes(32), claimId, phc: PHC, requestId: 'r', envelope: randomBytes(8) };
};

const md5 = (text: string): string =>
  createHash('md5')
    .update(text)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
const ACT = { requestId: 'r', sealedDetails: null };
const LOGIN = {
  ...ACT,
  credentialVersion: 1,
  phc: PHC,
  addressBudget: randomBytes(32),
  sourceBudget: randomBytes(32),
  deviceBudget: null,
  deviceName: null,
};

const OWNER_ACT = { ...ACT, addressKey: randomBytes(32), envelope: randomBytes(8) };
const RESET = { ownerTokenDay: null, envelope: randomBytes(8), idempotencyScope: null, fingerprint: null };

const STATEMENTS: Readonly<Record<string, () => Promise<unknown>>> = {
  'a registration': () => register(sql, registration('new1@example.com')),
  'a registration of a claimed address': () => register(sql, registration('claimed600000@example.com')),
  'a registration of an active address': () => register(sql, registration('active7@example.com')),
  'an activation': async () =>
    activateClaim(sql, {
      ...(await attempt('claimed600001@example.com')),
      codeIsRight: true,
      sealedDetails: null,
      createsSession: true,
      deviceName: null,
    }),
  'a strike': async () =>
    activateClaim(sql, {
      ...(await attempt('claimed600002@example.com')),
      codeIsRight: false,
      sealedDetails: null,
      createsSession: false,
      deviceName: null,
    }),
  'a replay': async () =>
    activateClaim(sql, {
      ...(await attempt('active8@example.com')),
      codeIsRight: true,
      sealedDetails: null,
      createsSession: false,
      deviceName: null,
    }),
  'a resend': async () =>
    resendCode(sql, {
      ...(await attempt('claimed600003@example.com')),
      claimSeconds: 60,
      resends: 3,
      gapSeconds: 0,
    }),
  'a withdrawal': async () => withdrawClaim(sql, await attempt('claimed600004@example.com')),
  'a mute': () => muteRegistration(sql, randomBytes(32), Math.floor(Date.now() / 86_400_000), 1),
  'the lease of letters': () => leaseLetters(sql, 16),
  'the end of a letter': () => removeLetters(sql, ['01a20d96-fc7a-7d2f-a487-006739ba91f0']),
  'the pause of a letter': () => postponeLetter(sql, '01a20d96-fc7a-7d2f-a487-006739ba91f0', 1),
  'closed letters': () => purgeLetters(sql, 500),
  'dead claims': () => purgeClaims(sql, 500),
  'replays that are over': () => forgetReplays(sql, 500),
  'quotas that are over': () => purgeQuotas(sql, 500),
  'mutes that are over': () => purgeMutes(sql, 500),
  'strikes that are too old': () => purgeStrikes(sql, 500),
  'a page of the keys of audit details': () => listSubjectKeys(sql, randomUUID(), 500),
  'keys of audit details that are sealed anew': async () => {
    const page = await listSubjectKeys(sql, randomUUID(), 400);
    await replaceSubjectKeys(
      sql,
      page.map((key) => ({ ...key, formerKey: key.wrappedKey, wrappedKey: randomBytes(64) })),
    );
  },
  'idempotency keys that are too old': () => purgeIdempotencyKeys(sql, 500),
  'sessions that are over': () => purgeSessions(sql, 50),
  'keys of access tokens that nothing needs': () => purgeSigningKeys(sql, 500),
  'failed log-ins whose window is over': () => purgeLoginFailures(sql, 50),
  'who logs in by address': () => findLoginByEmail(sql, 'active9@example.com'),
  'who logs in by user name': () => findLoginByUsername(sql, 'somebody'),
  'a log-in': () => logIn(sql, { ...LOGIN, accountId: md5('a9') }),
  'a log-in with a wrong password': () => logIn(sql, { ...LOGIN, accountId: md5('a9'), phc: 'wrong' }),
  'a hash that is made anew': () => renewPassword(sql, md5('a9'), PHC, PHC),
  'the session of a token': () => findTokenSession(sql, md5('n9')),
  'the session of a request': () => findSession(sql, md5('n10')),
  'the first use of a generation': () => markGenerationUsed(sql, md5('n10'), 1),
  'a refresh': () => refreshSession(sql, md5('n11'), 1, 0),
  'the recipe of a password': () => findPasswordRecipe(sql, md5('a16')),
  'a reauthentication': () =>
    reauthenticate(sql, { accountId: md5('a16'), sessionId: md5('n16'), phc: PHC, budget: randomBytes(32) }),
  'a reauthentication with a wrong password': () =>
    reauthenticate(sql, { accountId: md5('a16'), sessionId: md5('n16'), phc: 'wrong', budget: randomBytes(32) }),
  'the list of sessions': () => listSessions(sql, md5('a12')),
  'the end of a session': () => endSession(sql, md5('a13'), md5('n13'), ACT),
  'the end of all sessions': () => endSessions(sql, md5('a14'), md5('n14'), ACT),
  'the end of a session whose token was used twice': () =>
    endReusedSession(sql, md5('n15'), { ...ACT, addressKey: randomBytes(32), envelope: randomBytes(8) }),
  'a reset that is asked for': () =>
    requestPasswordReset(sql, { ...RESET, email: 'active16@example.com', addressKey: randomBytes(32) }),
  'a reset of an unknown address': () =>
    requestPasswordReset(sql, { ...RESET, email: 'nobody@example.com', addressKey: randomBytes(32) }),
  'the account of a link': () => findTokenAccount(sql, md5('p18'), 'password_reset'),
  'a reset': () => resetPassword(sql, md5('p18'), PHC, OWNER_ACT),
  'a change of the password': () =>
    changePassword(sql, {
      ...OWNER_ACT,
      accountId: md5('a20'),
      sessionId: md5('n20'),
      currentPhc: PHC,
      phc: PHC,
      budget: randomBytes(32),
    }),
  'a change that is disowned': () => disownChange(sql, md5('p21'), OWNER_ACT),
  'tokens of links that are too old': () => purgeAccountTokens(sql, 50),
};

/** Rows and index entries that were read of each large table so far. */
async function entriesRead(): Promise<Readonly<Record<string, number>>> {
  await sql`select pg_stat_force_next_flush()::text as flushed`;
  const rows = await db.owner<{ name: string; entries: number }[]>`
    select relname::text as name,
           (seq_tup_read + coalesce((select sum(idx_tup_read) from pg_stat_user_indexes as used
                                      where used.relid = large.relid), 0))::float8 as entries
      from pg_stat_user_tables as large
     where relname = any (${Object.keys(FILL).map((table) => table.replace('vault.', ''))})`;
  return Object.fromEntries(rows.map(({ name, entries }) => [name, entries]));
}

test.each(Object.keys(STATEMENTS))('with a million rows in every table, %s reads few of them', async (name) => {
  const before = await entriesRead();
  for (let run = 0; run < RUNS; run++) await STATEMENTS[name]?.();
  const after = await entriesRead();
  const greedy = Object.keys(after).filter((table) => (after[table] ?? 0) - (before[table] ?? 0) > MOST_ENTRIES * RUNS);
  expect(greedy).toEqual([]);
});

// Last, when all of them have run.
test('every statement of libs/data was tried, but those of a few rows', () => {
  const root = 'libs/data/src';
  const files = readdirSync(root, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('spec.ts') && !SMALL.test(file))
    .map((file) => `${root}/${file}`);
  const { statements } = findStatements({ root: process.cwd(), files });
  expect(statements.length).toBeGreaterThan(15);
  expect(statements.filter(({ text }) => !ran.has(text)).map(({ place }) => place)).toEqual([]);
});
