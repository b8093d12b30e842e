import { createHash, randomBytes } from 'node:crypto';

import { ERASED_CLASSES, ERASURE_SECONDS } from '#domain/retention';
import { Claims, keyOf, phcOf } from '#testing/claims';
import { eventually } from '#testing/eventually';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { Moves } from '#testing/moves';
import { leftovers } from '#testing/rows';

import { Database } from './database.ts';
import {
  cancelDeletion,
  commitmentIsAbsent,
  eraseAccount,
  findDueDeletions,
  findErasable,
  findScheduledDeletion,
  scheduleDeletion,
  type ErasableAccount,
  type Erasure,
  type ErasureOrder,
} from './deletion.ts';
import { logIn } from './login.ts';
import { findSession } from './session.ts';

const PHC = phcOf('aGFzaGhhc2g');
const ACT = { requestId: 'r', sealedDetails: null };

let db: TestDatabase;
let claims: Claims;
beforeEach(async () => {
  db = await freshDatabase();
  claims = new Claims(db);
});
afterEach(() => db.drop());

interface Account {
  readonly email: string;
  readonly accountId: string;
  readonly sessionId: string;
}

async function account(email = 'ada@example.com'): Promise<Account> {
  const { account: made } = await claims.activate(email, await claims.claim(email));
  const accountId = made?.accountId ?? '';
  const budgets = { addressBudget: randomBytes(32), sourceBudget: randomBytes(32), deviceBudget: null };
  const login = await logIn(db.sql, {
    ...ACT,
    ...budgets,
    accountId,
    phc: PHC,
    credentialVersion: 1,
    deviceName: null,
  });
  return { email, accountId, sessionId: login.session?.sessionId ?? '' };
}

async function found({ accountId, email }: Account): Promise<ErasableAccount> {
  const erasable = await findErasable(db.sql, accountId, keyOf(email));
  if (!erasable) throw new Error('no such account');
  return erasable;
}

async function orderOf(ada: Account, more: Partial<ErasureOrder> = {}): Promise<ErasureOrder> {
  const { at, email } = await found(ada);
  return {
    accountId: ada.accountId,
    email,
    addressKey: keyOf(ada.email),
    plannedAt: at,
    sessionId: ada.sessionId,
    adminSessionId: null,
    addressBudget: randomBytes(32),
    sourceBudget: null,
    nameBudget: null,
    sessionBudget: null,
    requestId: 'r',
    envelope: randomBytes(8),
    revertTokens: [],
    formerFarewells: [],
    ...more,
  };
}

const erase = async (ada: Account, more: Partial<ErasureOrder> = {}, sql = db.sql): Promise<Erasure> =>
  eraseAccount(sql, await orderOf(ada, more));
const outcomeOf = async (ada: Account, more: Partial<ErasureOrder> = {}): Promise<string> =>
  (await erase(ada, more)).outcome;
const SCHEDULED = { sessionId: null } as const;
const set = (ada: Account, what: 'due' | 'later' | 'frozen' | 'suspended' | 'admin'): Promise<unknown> =>
  db.owner`
    update account
       set deletion_effective_at = case ${what} when 'due' then clock_timestamp()
                                                when 'later' then clock_timestamp() + interval '1 hour' end,
           changes_frozen_until = case ${what} when 'frozen' then clock_timestamp() + interval '1 hour' end,
           suspended_at = case ${what} when 'suspended' then clock_timestamp() end,
           roles = case ${what} when 'admin' then array['admin'] else '{}' end
     where id = ${ada.accountId}::uuid`;
async function subjectOf({ accountId }: Account): Promise<string> {
  const [row] = await db.owner<{ id: string }[]>`select subject_id as id from account where id = ${accountId}::uuid`;
  return row?.id ?? '';
}

test('the commitment is the hash of salt and id, and is absent once the account is', async () => {
  const ada = await account();
  const { salt, commitment, email, strikesUntil } = await found(ada);
  const id = Buffer.from(ada.accountId.replaceAll('-', ''), 'hex');
  expect(createHash('sha256').update(salt).update(id).digest()).toEqual(commitment);
  expect([email, strikesUntil, await commitmentIsAbsent(db.sql, commitment)]).toEqual([ada.email, null, false]);
  expect(await outcomeOf(ada)).toBe('erased');
  expect(await commitmentIsAbsent(db.sql, commitment)).toBe(true);
  expect(await findErasable(db.sql, ada.accountId, null)).toBeUndefined();
});

test('classes that had no rows are left out; the last letter is none of those that go', async () => {
  const ada = await account();
  await db.owner`insert into letter (kind, envelope, address_key, window_closes_at)
    select 'already_registered', '\\x00', ${keyOf(ada.email)}, clock_timestamp() + interval '1 hour' from generate_series(1, 3)`;
  const { erased } = await erase(ada);
  expect(Object.fromEntries(erased.map((one) => [one.class, one.count]))).toEqual({
    address: 1,
    profile: 1,
    credentials: 1,
    sessions: 1,
    letters: 3,
    keys: 1,
  });
  const letters =
    await db.owner`select kind, extract(epoch from window_closes_at - written_at)::int as seconds from letter`;
  expect(letters).toEqual([{ kind: 'account_deleted', seconds: 86_400 }]);
});

test('the classes of the domain are those of the database', async () => {
  const ada = await account();
  const addressBudget = randomBytes(32);
  await db.owner`insert into login_failure values (${addressBudget}, clock_timestamp(), 1)`;
  await db.owner`insert into registration_mute values (${keyOf(ada.email)}, clock_timestamp() + interval '1 hour')`;
  await db.owner`select write_notice('password_changed', ${ada.accountId}::uuid, ${keyOf(ada.email)}, '\\x00')`;
  const { erased } = await erase(ada, { addressBudget });
  expect(erased.map((one) => one.class)).toEqual(ERASED_CLASSES);
  expect(erased.find((one) => one.class === 'limits')?.count).toBe(2);
});

test('an erasure may begin as late as it was promised', async () => {
  const ada = await account();
  const plannedAt = new Date((await found(ada)).at.getTime() - (ERASURE_SECONDS - 10) * 1_000);
  expect(await outcomeOf(ada, { plannedAt })).toBe('erased');
});

test('letters and mutes of somebody else stay', async () => {
  const [ada, bob] = [await account(), await account('bob@example.com')];
  for (const { email } of [ada, bob]) {
    await db.owner`insert into registration_mute values (${keyOf(email)}, clock_timestamp() + interval '1 hour')`;
    await claims.register(email);
  }
  await db.owner`delete from registration_mute where address_key = ${keyOf(bob.email)}`;
  await claims.register(bob.email);
  expect(await outcomeOf(ada)).toBe('erased');
  expect(await db.owner`select kind, convert_from(address_key, 'UTF8') as email from letter order by id`).toEqual([
    { kind: 'already_registered', email: bob.email },
    { kind: 'account_deleted', email: ada.email },
  ]);
  expect(await findSession(db.sql, bob.sessionId)).toBeDefined();
});

describe('nothing is erased', () => {
  const cases: readonly [string, string, (ada: Account, bob: Account) => Promise<Partial<ErasureOrder>>][] = [
    [
      'of an account that is not there',
      'gone',
      () => Promise.resolve({ accountId: '01a20d96-fc7a-7d2f-a487-006739ba91f0' }),
    ],
    ['by the session of somebody else', 'session_over', (_, bob) => Promise.resolve({ sessionId: bob.sessionId })],
    [
      'by a session of before the password was changed',
      'session_over',
      async (ada) => {
        await db.owner`update account set credential_version = 2 where id = ${ada.accountId}::uuid`;
        return {};
      },
    ],
    [
      'by a session past its end',
      'session_over',
      async (ada) => {
        await db.owner`update session set ends_at = clock_timestamp() where id = ${ada.sessionId}::uuid`;
        return {};
      },
    ],
    ['by a session of a suspended account', 'session_over', async (ada) => (await set(ada, 'suspended'), {})],
    ['while changes are frozen', 'frozen', async (ada) => (await set(ada, 'frozen'), {})],
    ['of the last administrator', 'last_admin', async (ada) => (await set(ada, 'admin'), {})],
    ['by nobody', 'not_due', () => Promise.resolve(SCHEDULED)],
    ['before its time', 'not_due', async (ada) => (await set(ada, 'later'), SCHEDULED)],
    [
      'by somebody who is no administrator',
      'no_admin',
      (_, bob) => Promise.resolve({ sessionId: null, adminSessionId: bob.sessionId }),
    ],
    [
      'by an administrator who is suspended',
      'no_admin',
      async (_, bob) => {
        await set(bob, 'suspended');
        await db.owner`update account set roles = '{admin}' where id = ${bob.accountId}::uuid`;
        return { sessionId: null, adminSessionId: bob.sessionId };
      },
    ],
    [
      'a minute after the letter was written',
      'changed',
      async (ada) => ({ plannedAt: new Date((await found(ada)).at.getTime() - (ERASURE_SECONDS + 1) * 1_000) }),
    ],
    ['when the letter would go to another address', 'changed', () => Promise.resolve({ email: 'former@example.com' })],
    ['when the address is somebody else’s', 'changed', (_, bob) => Promise.resolve({ email: bob.email })],
    ['when there should be no address', 'changed', () => Promise.resolve({ email: null, addressKey: null })],
  ];

  test.each(cases)('%s: %s', async (_, outcome, prepare) => {
    const [ada, bob] = [await account(), await account('bob@example.com')];
    const order = await orderOf(ada, await prepare(ada, bob));
    const before = await leftovers(db);
    expect(await eraseAccount(db.sql, order)).toEqual({ outcome, erased: [] });
    expect(await leftovers(db)).toEqual(before);
  });
});

test('an administrator erases whoever it is, and the event names them by their own subject', async () => {
  const [ada, eve] = [await account(), await account('eve@example.com')];
  await set(eve, 'admin');
  await set(ada, 'frozen');
  const [subject, actor] = [await subjectOf(ada), await subjectOf(eve)];
  expect(await outcomeOf(ada, { sessionId: null, adminSessionId: eve.sessionId })).toBe('erased');
  expect(
    await db.owner`
      select event, subject_id as subject, actor_id as actor, sealed_details as details from audit_event
       where event = 'account.deleted'`,
  ).toEqual([{ event: 'account.deleted', subject, actor, details: null }]);
});

test('an account without an address leaves no letter', async () => {
  const ada = await account();
  await db.owner`delete from address where email = ${ada.email}`;
  expect(await outcomeOf(ada, { email: null, addressKey: null, envelope: null })).toBe('erased');
  expect(await leftovers(db)).toEqual({
    accounts: 0,
    accountPasswords: 0,
    addresses: 0,
    claimPasswords: 0,
    letters: 0,
    subjects: 0,
  });
});

test('an erasure has to know of every address that could take the account back', async () => {
  const moves = new Moves(db);
  const ada = await account();
  const token = await moves.move(ada, 'countess@example.com');
  const moved = { ...ada, email: 'countess@example.com' };
  expect((await found(moved)).former.map(({ tokenId }) => tokenId)).toEqual([token]);
  expect(await outcomeOf(moved)).toBe('changed');
  const formerFarewells = [{ addressKey: Buffer.from(keyOf(ada.email)), envelope: Buffer.from('to the former') }];
  expect(await outcomeOf(moved, { revertTokens: [token], formerFarewells })).toBe('erased');
  const letters = await db.owner<{ envelope: Uint8Array }[]>`
    select envelope from letter where kind = 'account_deleted' and address_key = ${keyOf(ada.email)}`;
  expect(letters.map(({ envelope }) => Buffer.from(envelope).toString())).toEqual(['to the former']);
});

describe('a deletion that is to come', () => {
  const schedule = ({ accountId, sessionId, email }: Account, key?: string, afterDays = 7) =>
    scheduleDeletion(db.sql, {
      ...ACT,
      accountId,
      sessionId,
      email,
      afterDays,
      idempotencyScope: key === undefined ? null : Buffer.from(key),
      fingerprint: key === undefined ? null : Buffer.from(String(afterDays)),
      addressKey: keyOf(email),
      envelope: randomBytes(8),
    });

  test('is due at its time, the longest overdue first, and is passed over when told so', async () => {
    const [ada, bob] = [await account(), await account('bob@example.com')];
    for (const one of [bob, ada]) await schedule(one);
    expect(await findDueDeletions(db.sql, [], 10)).toEqual([]);
    const [day] = await db.owner<{ days: number }[]>`
      update account set deletion_effective_at = deletion_effective_at - interval '7 days'
      returning extract(epoch from deletion_effective_at + interval '7 days' - clock_timestamp())::float8 / 86400 as days`;
    expect(day?.days).toBeCloseTo(7, 2);
    expect(await findDueDeletions(db.sql, [], 10)).toEqual([bob.accountId, ada.accountId]);
    expect(await findDueDeletions(db.sql, [], 1)).toEqual([bob.accountId]);
    expect(await findDueDeletions(db.sql, [bob.accountId], 10)).toEqual([ada.accountId]);
    expect(await outcomeOf(ada, SCHEDULED)).toBe('erased');
  });

  test('is one: its key is answered the same again, also when it was taken back since', async () => {
    const ada = await account();
    const first = await schedule(ada, 'key');
    expect(first).toMatchObject({
      outcome: 'scheduled',
      effectiveAt: await findScheduledDeletion(db.sql, ada.accountId),
    });
    expect(await schedule(ada, 'key')).toEqual(first);
    expect(await schedule(ada, 'key', 8)).toMatchObject({ outcome: 'conflict' });
    expect(await schedule(ada)).toMatchObject({ outcome: 'scheduled_already' });
    expect(await schedule(ada, 'another')).toMatchObject({ outcome: 'scheduled_already' });
    expect(await cancelDeletion(db.sql, ada.accountId, ada.sessionId, ACT)).toBe(true);
    expect([await schedule(ada, 'key'), await findScheduledDeletion(db.sql, ada.accountId)]).toEqual([first, null]);
    // What was refused has used its key up for nothing.
    expect(await schedule(ada, 'another')).toMatchObject({ outcome: 'scheduled' });
  });

  test.each(['frozen', 'suspended', 'admin'] as const)('is not wished for by somebody who is %s', async (what) => {
    const ada = await account();
    await set(ada, what);
    const outcome = { frozen: 'frozen', suspended: 'session_over', admin: 'last_admin' }[what];
    expect(await schedule(ada)).toEqual({ outcome, effectiveAt: null });
    expect(await db.owner`select from account_token`).toEqual([]);
  });
});

test('a process that dies in the middle of it leaves everything as it was', async () => {
  const ada = await account();
  const before = await leftovers(db);
  const own = Database.open({ url: db.appUrl, poolSize: 1, applicationName: 'about to die', limits: { lockMs: 0 } });
  const holder = Database.open({ url: db.superUrl, poolSize: 1 });
  try {
    // It is suspended when sessions, letters and password are gone already.
    await db.owner`
      create function wait_for_the_test() returns trigger language plpgsql as
      'begin perform pg_advisory_xact_lock(7); return old; end'`;
    await db.owner`create trigger waits before delete on account for each row execute function wait_for_the_test()`;
    await holder.sql`select pg_advisory_lock(7)::text as held`;
    const erasure = erase(ada, {}, own.sql);
    const death = expect(erasure).rejects.toThrow();
    await eventually(async () => {
      const killed = await db.owner`
        select pg_terminate_backend(pid) from pg_stat_activity
         where application_name = 'about to die' and wait_event_type = 'Lock'`;
      return killed.length > 0 ? true : undefined;
    });
    await death;
  } finally {
    await holder.close();
    await own.close();
  }
  expect(await leftovers(db)).toEqual(before);
  expect(await findSession(db.sql, ada.sessionId)).toMatchObject({ email: ada.email });
  expect(await outcomeOf(ada)).toBe('erased');
});
