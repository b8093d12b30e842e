import { randomBytes, randomUUID } from 'node:crypto';
import { readdirSync } from 'node:fs';

import { disownChange, findTokenAccount, resetPassword } from '#data/account-token';
import { listActivity } from '#data/activity';
import {
  changeUser,
  endUserSessions,
  findSubjectKey,
  listUsers,
  reinstateAccount,
  suspendAccount,
  viewUser,
  type UserStatus,
} from '#data/admin';
import {
  addAuditBatch,
  continueAuditNumbering,
  dropAuditBatch,
  findAuditCheckpoint,
  findAuditTail,
  hashAuditEvents,
  hasAuditEventsUpTo,
  isAuditBatchDue,
  listAuditBatches,
  newestAuditBatch,
  nextAuditRange,
  replaceAuditMacs,
  replaceCheckpointMac,
  takeAuditTurn,
} from '#data/audit-batch';
import { listAuditEvents } from '#data/audit-list';
import { listSubjectKeys, replaceSubjectKeys } from '#data/audit-subject';
import { activateClaim, findClaimant, register, resendCode, withdrawClaim, type Registration } from '#data/claim';
import { createAdmin } from '#data/create-admin';
import { Database, type Sql } from '#data/database';
import {
  cancelDeletion,
  commitmentIsAbsent,
  eraseAccount,
  findDueDeletions,
  findErasable,
  findScheduledDeletion,
  scheduleDeletion,
} from '#data/deletion';
import {
  cancelEmailChange,
  confirmEmailChange,
  findEmailChange,
  requestEmailChange,
  revertEmailChange,
} from '#data/email-change';
import { findFailureBudgets, listActsOnOthers, listSubjectEvents, noteExport, readUserRecords } from '#data/export';
import { findTokenSession } from '#data/introspection';
import { leaseLetters, postponeLetter, removeLetters } from '#data/letter';
import { findLoginByEmail, findLoginByUsername, logIn, renewPassword } from '#data/login';
import { muteRegistration } from '#data/mute';
import { changePassword, findPasswordRecipe, requestPasswordReset } from '#data/password';
import { changeProfile } from '#data/profile';
import { reauthenticate } from '#data/reauthentication';
import {
  forgetReplays,
  purgeAccountTokens,
  purgeClaims,
  purgeEmailChanges,
  purgeIdempotencyKeys,
  purgeLetters,
  purgeLoginFailures,
  purgeMutes,
  purgeQuotas,
  purgeSessions,
  purgeSigningKeys,
  purgeStrikes,
} from '#data/purge';
import { overdueRows } from '#data/retention-report';
import {
  endReusedSession,
  endSession,
  endSessions,
  findSession,
  listSessions,
  markGenerationUsed,
  refreshSession,
} from '#data/session';
import { registration } from '#testing/claims';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { entriesReadOf, fillTables, md5, md5Hex, PHC } from '#testing/million-rows';
import { findStatements } from '#testing/sql-rows/statements';

/** So often that the plan that is kept for any value is taken too. */
const RUNS = 6;
/** Entries of one table that a statement may read: the breaker counts some two hundred strikes. */
const MOST_ENTRIES = 2_000;
/** Files whose statements read catalogues and tables of a few rows, or are the driver's. */
const SMALL = /^(?:connection|inventory|migrate|owner|roles|sealed-key|signing-key|client)\.ts$|^driver\//;
jest.setTimeout(60_000);

const ran = new Set<string>();
let db: TestDatabase;
let database: Database;
let sql: Sql;
beforeAll(async () => {
  db = await freshDatabase();
  await fillTables(db);
  // One connection, whose statistics are sent before they are read.
  database = Database.open({ url: db.appUrl, poolSize: 1, onStatement: ({ text }) => ran.add(text) });
  ({ sql } = database);
}, 900_000);
afterAll(async () => {
  await database.close();
  await db.drop();
});

const claimOf = (email: string): Registration =>
  registration(email, {
    addressKey: randomBytes(32),
    username: 'ada',
    idempotencyScope: randomBytes(32),
    fingerprint: randomBytes(32),
  });
const attempt = async (email: string) => {
  const claimId = (await findClaimant(sql, email))?.claimId ?? randomUUID();
  return { email, addressKey: randomBytes(32), claimId, phc: PHC, requestId: 'r', envelope: randomBytes(8) };
};

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

const BEFORE_ALL = { transaction: '0', id: '00000000-0000-0000-0000-000000000000' };
/** So many events from the first one on. */
const auditRange = async (events: number) => {
  const range = await nextAuditRange(sql, BEFORE_ALL, events, 0);
  if (!range) throw new Error('there are no events');
  return { behind: BEFORE_ALL, last: { transaction: range.lastTransaction, id: range.lastId }, most: events };
};
/** A batch behind all others. */
const nextBatch = async () => {
  const number = await newestAuditBatch(sql);
  const [newest] = await listAuditBatches(sql, number - 1, 1);
  if (!newest) throw new Error('there is no batch');
  return { ...newest, number: number + 1 };
};

const OWNER_ACT = { ...ACT, addressKey: randomBytes(32), envelope: randomBytes(8) };
const RESET = { ownerTokenDay: null, envelope: randomBytes(8), idempotencyScope: null, fingerprint: null };

const MOVE = {
  ...OWNER_ACT,
  accountId: md5('a23'),
  sessionId: md5('n23'),
  accountKey: randomBytes(32),
  keyId: 'k',
  sealedAddress: randomBytes(64),
};
const confirm = (n: number, codeIsRight: boolean, email = `new${n}@example.com`) =>
  confirmEmailChange(sql, {
    ...OWNER_ACT,
    accountId: md5(`a${n}`),
    sessionId: md5(`n${n}`),
    accountKey: randomBytes(32),
    changeId: md5(`e${n}`),
    codeIsRight,
    email,
    emailKey: randomBytes(32),
    formerEmail: `active${n}@example.com`,
    sealedFormer: randomBytes(64),
  });
let erasures = 1_000;
async function erase(n: number, sessionId: string | null): Promise<void> {
  if (sessionId === null)
    await db.owner`update account set deletion_effective_at = clock_timestamp() where id = ${md5(`a${n}`)}::uuid`;
  const { outcome } = await eraseAccount(sql, {
    ...OWNER_ACT,
    accountId: md5(`a${n}`),
    email: `active${n}@example.com`,
    plannedAt: new Date(),
    sessionId,
    adminSessionId: null,
    addressBudget: randomBytes(32),
    sourceBudget: randomBytes(32),
    nameBudget: null,
    sessionBudget: null,
    revertTokens: [],
    formerFarewells: [],
  });
  expect(outcome).toBe('erased');
}
const ADMIN = { sessionId: md5('n1'), requestId: 'r' };
const ADMIN_ACT = { ...ADMIN, accountId: md5('a30'), sealedDetails: null };
const PAGE = { behind: null, limit: 20 };
const EMAILS = { any: null, one: 'active31@example.com' };
const STATUSES: readonly (UserStatus | null)[] = [null, 'active', 'suspended', 'deletion_scheduled'];
/** Lists of users by every combination of filters, the first page and a later one. */
const USER_LISTS = Object.entries(EMAILS).flatMap(([whose, email]) =>
  STATUSES.flatMap((status) =>
    [null, 'c0000000-0000-0000-0000-000000000000'].map((behind) => {
      const name = `${behind === null ? 'the first page' : 'a page'} of users, address ${whose}, status ${status ?? 'any'}`;
      return [name, () => listUsers(sql, ADMIN, { ...PAGE, behind, email, status })] as const;
    }),
  ),
);
/** Lists of audit events by every combination of filters: of those that are many, and of those that are none. */
const AUDIT_LISTS = ([null, 'registration.claimed', 'account.suspended'] as const).flatMap((event) =>
  [null, md5('a32')].flatMap((userId) =>
    [null, md5('a2')].flatMap((actorId) =>
      [null, '2026-01-01T00:00:00Z'].map((from) => {
        const name = `audit events, ${event ?? 'any'}, ${userId === null ? 'of all' : 'of one'}, ${actorId === null ? 'by all' : 'by one'}, ${from === null ? 'ever' : 'within a time'}`;
        const until = from === null ? null : '2999-01-01T00:00:00Z';
        return [name, () => listAuditEvents(sql, ADMIN, { ...PAGE, event, userId, actorId, from, until })] as const;
      }),
    ),
  ),
);
const NEW_ADMIN = { addressKey: randomBytes(32), wrappedKey: randomBytes(64), keyId: 'k', envelope: randomBytes(8) };

const STATEMENTS: Readonly<Record<string, () => Promise<unknown>>> = {
  'a registration': () => register(sql, claimOf('new1@example.com')),
  'a registration of a claimed address': () => register(sql, claimOf('claimed600000@example.com')),
  'a registration of an active address': () => register(sql, claimOf('active7@example.com')),
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
  'the turn to seal': () => takeAuditTurn(sql),
  'what retention has left': () => findAuditCheckpoint(sql),
  'the events of the next batch': () => nextAuditRange(sql, BEFORE_ALL, 1_000, 60),
  'the hash of a batch': async () => hashAuditEvents(sql, [await auditRange(500)]),
  'a batch that is added': async () => addAuditBatch(sql, await nextBatch()),
  'a page of batches': () => listAuditBatches(sql, 500_000, 200),
  'the newest batch': () => newestAuditBatch(sql),
  'events that are not sealed': () => findAuditTail(sql, BEFORE_ALL, 1_000),
  'events behind the checkpoint': () => hasAuditEventsUpTo(sql, BEFORE_ALL),
  'whether a batch is due': () => isAuditBatchDue(sql, 1, 'P1Y', 'PT1H'),
  'a batch that is dropped': async () =>
    dropAuditBatch(sql, ((await findAuditCheckpoint(sql))?.number ?? 0) + 1, { keyId: 'k', mac: randomBytes(32) }),
  'MACs that are made anew': async () => {
    const page = await listAuditBatches(sql, 500_000, 400);
    await replaceAuditMacs(
      sql,
      page.map(({ number, mac }) => ({ number, formerMac: mac, keyId: 'k', mac: randomBytes(32) })),
    );
  },
  'a MAC of the checkpoint': () =>
    replaceCheckpointMac(sql, { number: 1, formerMac: randomBytes(32), keyId: 'k', mac: randomBytes(32) }),
  'where the order of events goes on': () => continueAuditNumbering(sql),
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
  'a reset': () =>
    resetPassword(sql, md5('p18'), {
      ...OWNER_ACT,
      phc: PHC,
      addressBudget: randomBytes(32),
      sourceBudget: randomBytes(32),
    }),
  'a change of the password': () =>
    changePassword(sql, {
      ...OWNER_ACT,
      accountId: md5('a20'),
      sessionId: md5('n20'),
      email: 'active20@example.com',
      currentPhc: PHC,
      phc: PHC,
      budget: randomBytes(32),
    }),
  'a change that is disowned': () => disownChange(sql, md5('p21'), OWNER_ACT),
  'a change of the profile': () =>
    changeProfile(sql, {
      accountId: md5('a22'),
      sessionId: md5('n22'),
      revisions: null,
      fields: ['username', 'locale'],
      username: 'somebody-22',
      displayName: null,
      birthdate: null,
      locale: 'en',
    }),
  'a change of address that is asked for': () => requestEmailChange(sql, { ...MOVE, email: 'new23@example.com' }),
  'one to an address that somebody has': () => requestEmailChange(sql, { ...MOVE, email: 'active24@example.com' }),
  'the change of address that waits': () => findEmailChange(sql, md5('a25')),
  'a wrong code of a change of address': () => confirm(25, false),
  'a change of address': () => confirm(26, true),
  'a change of address to one that is claimed': () => confirm(27, true, 'claimed600027@example.com'),
  'a change of address that is taken back': () =>
    revertEmailChange(sql, { ...MOVE, accountId: md5('a28'), tokenId: md5('q28'), email: 'restored28@example.com' }),
  'a change of address that is given up': () => cancelEmailChange(sql, md5('a29'), md5('n29')),
  'changes of address whose code came too late': () => purgeEmailChanges(sql, 50),
  'tokens of links that are too old': () => purgeAccountTokens(sql, 50),
  'an account that is to be erased': () => findErasable(sql, md5('a30'), randomBytes(32)),
  'an erasure': () => erase(++erasures, md5(`n${erasures}`)),
  'an erasure whose time has come': () => erase(++erasures, null),
  'the absence of a commitment': () => commitmentIsAbsent(sql, randomBytes(32)),
  'deletions that are due': () => findDueDeletions(sql, [], 50),
  'a deletion that is scheduled': () =>
    scheduleDeletion(sql, {
      ...OWNER_ACT,
      accountId: md5('a31'),
      sessionId: md5('n31'),
      email: 'active31@example.com',
      afterDays: 1,
      idempotencyScope: randomBytes(32),
      fingerprint: randomBytes(32),
    }),
  'the deletion of an account that is to come': () => findScheduledDeletion(sql, md5('a31')),
  'a deletion that is taken back': () => cancelDeletion(sql, md5('a31'), md5('n31'), ACT),
  'rows that are past their date': () => overdueRows(sql, { slackSeconds: 0, most: 100 }),
  'the event of an export': () => noteExport(sql, md5('a22'), md5('n22'), ACT),
  'what refers to a user': () => readUserRecords(sql, md5('a22'), Buffer.from(md5Hex('k22')), randomBytes(32)),
  'the budgets of failures': () => findFailureBudgets(sql, [Buffer.from(md5Hex('f22')), randomBytes(32)]),
  'the events of a user': () => listSubjectEvents(sql, md5('s22'), undefined, 500),
  'what a user did to others': () => listActsOnOthers(sql, md5('s22'), undefined, 500),
  ...Object.fromEntries(USER_LISTS),
  ...Object.fromEntries(AUDIT_LISTS),
  'audit events of a time long ago': () =>
    listAuditEvents(sql, ADMIN, {
      ...PAGE,
      event: null,
      userId: null,
      actorId: null,
      from: '2001-01-01T00:00:00Z',
      until: '2002-01-01T00:00:00Z',
    }),
  'a user, as administrators see them': () => viewUser(sql, ADMIN, md5('a33')),
  'the key of the audit details of a user': () => findSubjectKey(sql, md5('a30')),
  'a change of a user': () =>
    changeUser(sql, {
      ...ADMIN_ACT,
      revisions: null,
      fields: ['username', 'roles'],
      username: 'somebody-else',
      displayName: null,
      locale: null,
      roles: [],
    }),
  'a suspension': () =>
    suspendAccount(sql, { ...ADMIN_ACT, idempotencyScope: randomBytes(32), fingerprint: randomBytes(32) }),
  'a suspension of an administrator': () =>
    suspendAccount(sql, { ...ADMIN_ACT, accountId: md5('a2'), idempotencyScope: null, fingerprint: null }),
  'the end of a suspension': () => reinstateAccount(sql, ADMIN_ACT),
  'the end of all sessions of a user': () => endUserSessions(sql, ADMIN_ACT),
  'the activity of a user': () => listActivity(sql, md5('a34'), PAGE),
  'a role that is given to an account': () =>
    createAdmin(sql, { ...NEW_ADMIN, email: 'active35@example.com', accountId: md5('a35'), sealedDetails: null }),
  'an administrator who is made': () =>
    createAdmin(sql, { ...NEW_ADMIN, email: 'made@example.com', accountId: null, sealedDetails: null }),
};

async function entriesRead(): Promise<Readonly<Record<string, number>>> {
  await sql`select pg_stat_force_next_flush()::text as flushed`;
  return entriesReadOf(db);
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
