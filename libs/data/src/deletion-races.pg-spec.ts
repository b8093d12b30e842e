import { randomBytes } from 'node:crypto';

import { Claims, keyOf, phcOf } from '#testing/claims';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { linkTokenOf, race } from '#testing/races';
import { times } from '#testing/turns';

import { disownChange, resetPassword } from './account-token.ts';
import { cancelDeletion, eraseAccount, findErasable, scheduleDeletion, type ErasureOutcome } from './deletion.ts';
import { leaseLetters, removeLetters } from './letter.ts';
import { logIn } from './login.ts';
import { changePassword, requestPasswordReset } from './password.ts';
import { purgeOnce } from './purge-once.ts';
import { reauthenticate } from './reauthentication.ts';
import {
  endReusedSession,
  endSession,
  endSessions,
  findSession,
  markGenerationUsed,
  refreshSession,
} from './session.ts';

const ROUNDS = 200;
const [PHC, NEW] = [phcOf('aGFzaGhhc2g'), phcOf('bmV3bmV3bmV3')];
const ACT = { requestId: 'r', sealedDetails: null };

jest.setTimeout(300_000);

let db: TestDatabase;
let claims: Claims;
beforeAll(async () => {
  db = await freshDatabase();
  claims = new Claims(db);
});
afterAll(() => db.drop());

/** An account with a session, and the claim that it was made of. */
interface Account {
  readonly email: string;
  readonly claimId: string;
  readonly accountId: string;
  readonly sessionId: string;
}

let people = 0;
async function account(): Promise<Account> {
  const email = `leaver${++people}@example.com`;
  const claimId = await claims.claim(email);
  const accountId = (await claims.activate(email, claimId)).account?.accountId ?? '';
  return { email, claimId, accountId, sessionId: (await logInAs({ accountId, email })) ?? '' };
}

/** Resolves to the id of the session; undefined when it is refused. */
async function logInAs({ accountId, email }: Pick<Account, 'accountId' | 'email'>): Promise<string | undefined> {
  const budgets = { addressBudget: budgetOf(email), sourceBudget: randomBytes(32), deviceBudget: null };
  const it = { ...ACT, ...budgets, accountId, phc: PHC, credentialVersion: 1, deviceName: 'a device' };
  return (await logIn(db.sql, it)).session?.sessionId;
}

const budgetOf = (email: string): Uint8Array => Buffer.from(`budget of ${email}`);
const ownerAct = ({ email }: Account) => ({ ...ACT, addressKey: keyOf(email), envelope: randomBytes(8) });

/** By the session, or because the time has come. */
async function erase({ email, accountId, sessionId }: Account, bySession = true): Promise<ErasureOutcome> {
  const found = await findErasable(db.sql, accountId, keyOf(email));
  if (!found) return 'gone';
  const { outcome } = await eraseAccount(db.sql, {
    ...ownerAct({ email, claimId: '', accountId, sessionId }),
    accountId,
    email,
    plannedAt: found.at,
    sessionId: bySession ? sessionId : null,
    adminSessionId: null,
    addressBudget: budgetOf(email),
    sourceBudget: null,
    nameBudget: null,
    sessionBudget: null,
    revertTokens: [],
    formerFarewells: [],
  });
  return outcome;
}

const tokenFor = ({ accountId }: Account, purpose: 'password_reset' | 'not_me'): Promise<string> =>
  linkTokenOf(db, accountId, purpose);

const change = (of: Account): Promise<unknown> =>
  changePassword(db.sql, {
    ...ownerAct(of),
    accountId: of.accountId,
    sessionId: of.sessionId,
    email: of.email,
    currentPhc: null,
    phc: NEW,
    budget: randomBytes(32),
  });
const reset = (of: Account, tokenId: string): Promise<boolean> =>
  resetPassword(db.sql, tokenId, {
    ...ownerAct(of),
    phc: NEW,
    addressBudget: budgetOf(of.email),
    sourceBudget: randomBytes(32),
  });
const schedule = ({ email, accountId, sessionId }: Account) =>
  scheduleDeletion(db.sql, {
    ...ownerAct({ email, accountId, sessionId, claimId: '' }),
    accountId,
    sessionId,
    email,
    afterDays: 1,
    idempotencyScope: null,
    fingerprint: null,
  });
const update = ({ accountId }: Account): Promise<unknown> =>
  db.owner`update account set display_name = 'Ada', revision = revision + 1 where id = ${accountId}::uuid`;

/** How many rows of any table refer to the account; of its address there is the last letter alone. */
async function remains({ email, accountId, sessionId }: Account): Promise<Readonly<Record<string, number>>> {
  const [row] = await db.owner<Record<string, number>[]>`
    select (select count(*) from account where id = ${accountId}::uuid)::int as accounts,
           (select count(*) from address where account_id = ${accountId}::uuid)::int as addresses,
           (select count(*) from session where account_id = ${accountId}::uuid or id = ${sessionId}::uuid)::int as sessions,
           (select count(*) from vault.account_password where account_id = ${accountId}::uuid)::int as passwords,
           (select count(*) from account_token where account_id = ${accountId}::uuid)::int as tokens,
           (select count(*) from audit_subject
             where not exists (select from account where subject_id = audit_subject.id)
               and not exists (select from address where subject_id = audit_subject.id))::int as subjects,
           (select count(*) from letter
             where address_key = ${keyOf(email)} and kind not in ('account_deleted', 'registration_code'))::int as letters`;
  if (!row) throw new Error('no row');
  return row;
}

async function isFrozen({ accountId }: Account): Promise<boolean> {
  return (
    (await db.owner`select from account where id = ${accountId}::uuid and changes_frozen_until is not null`).length ===
    1
  );
}

const NOTHING = { accounts: 0, addresses: 0, sessions: 0, passwords: 0, tokens: 0, subjects: 0, letters: 0 };

/** How often each outcome was seen, so that a race that is none does not pass for one. */
class Tally {
  readonly #seen = new Map<string, number>();

  count(what: unknown): void {
    this.#seen.set(String(what), (this.#seen.get(String(what)) ?? 0) + 1);
  }

  get outcomes(): readonly string[] {
    return [...this.#seen.keys()].sort();
  }
}

/** Erases while the acts go on; nothing is left afterwards, whoever came first. Resolves to what the acts came to. */
async function rounds(
  acts: (of: Account) => Promise<Readonly<Record<string, () => Promise<unknown>>>>,
  look: (seen: Readonly<Record<string, unknown>>, of: Account) => unknown,
): Promise<readonly string[]> {
  const tally = new Tally();
  for (let round = 0; round < ROUNDS; round++) {
    const ada = await account();
    const seen = await race<unknown>({ ...(await acts(ada)), erased: () => erase(ada) });
    // What ended the session, or froze the account, first: then the erasure was refused, and nothing is half done.
    if (seen.erased !== 'erased') {
      expect(['session_over', 'frozen']).toContain(seen.erased);
      const { passwords, ...rest } = await remains(ada);
      expect(rest).toMatchObject({ accounts: 1, addresses: 1 });
      // Who said that it was not them has none until the reset.
      expect(passwords === 1 || (await isFrozen(ada))).toBe(true);
      await db.owner`update account set changes_frozen_until = null, deletion_effective_at = clock_timestamp()
                      where id = ${ada.accountId}::uuid`;
      expect(await erase(ada, false)).toBe('erased');
    }
    tally.count(look(seen, ada));
    expect(await remains(ada)).toEqual(NOTHING);
    expect(await findSession(db.sql, ada.sessionId)).toBeUndefined();
  }
  return tally.outcomes;
}

test('no log-in and no refresh that races an erasure survives it', async () => {
  const seen = await rounds(
    (ada) =>
      Promise.resolve({
        login: () => logInAs(ada),
        refresh: () => refreshSession(db.sql, ada.sessionId, 1, 0),
        used: () => markGenerationUsed(db.sql, ada.sessionId, 1),
        again: () => reauthenticate(db.sql, { ...ada, phc: PHC, budget: randomBytes(32) }),
      }),
    ({ login }) => (login === undefined ? 'refused' : 'opened'),
  );
  expect(seen).toEqual(['opened', 'refused']);
});

test('no password is set that outlives the account', async () => {
  const seen = await rounds(
    (ada) => Promise.resolve({ change: () => change(ada) }),
    ({ change: outcome }) => (outcome as { outcome: string }).outcome,
  );
  expect(seen).toEqual(['changed', 'session_over']);
});

test('a reset, and a link of somebody who says that it was not them, leave nothing behind', async () => {
  for (const purpose of ['password_reset', 'not_me'] as const) {
    const seen = await rounds(
      async (ada) => {
        const token = await tokenFor(ada, purpose);
        return {
          used: () => (purpose === 'not_me' ? disownChange(db.sql, token, { ...ownerAct(ada) }) : reset(ada, token)),
          asked: () =>
            requestPasswordReset(db.sql, {
              ...ada,
              ...ownerAct(ada),
              ownerTokenDay: null,
              idempotencyScope: null,
              fingerprint: null,
            }),
        };
      },
      ({ used }) => used,
    );
    expect(seen).toEqual(['false', 'true']);
  }
});

test('a registration of the address comes before or after: the account is told, or a claim begins', async () => {
  const seen = await rounds(
    (ada) => Promise.resolve({ registered: () => claims.register(ada.email) }),
    ({ registered }) => registered,
  );
  expect(seen).toEqual(['claimed', 'notified']);
});

test('the code again of an activation makes no account a second time', async () => {
  const seen = await rounds(
    (ada) => Promise.resolve({ activated: () => claims.activate(ada.email, ada.claimId) }),
    ({ activated }) => (activated as { outcome: string }).outcome,
  );
  expect(seen).toEqual(['no_claim', 'replayed']);
});

test('a change of the profile brings no row back', async () => {
  const seen = await rounds(
    (ada) => Promise.resolve({ one: () => update(ada), other: () => update(ada), schedule: () => schedule(ada) }),
    ({ schedule: outcome }) => (outcome as { outcome: string }).outcome,
  );
  expect(seen).toEqual(['scheduled', 'session_over']);
});

test('a deletion that is due and the one who takes it back: either the account is gone, or it stays', async () => {
  const tally = new Tally();
  for (let round = 0; round < ROUNDS; round++) {
    const ada = await account();
    await db.owner`update account set deletion_effective_at = clock_timestamp() where id = ${ada.accountId}::uuid`;
    const { cancelled, ...erasures } = await race<unknown>({
      cancelled: () => cancelDeletion(db.sql, ada.accountId, ada.sessionId, ACT),
      job: () => erase(ada, false),
      otherJob: () => erase(ada, false),
    });
    const outcomes = Object.values(erasures);
    const stays = (await findSession(db.sql, ada.sessionId)) !== undefined;
    expect([cancelled, outcomes.filter((outcome) => outcome === 'erased').length]).toEqual(
      stays ? [true, 0] : [false, 1],
    );
    expect(await remains(ada)).toEqual(
      stays ? { ...NOTHING, accounts: 1, addresses: 1, sessions: 1, passwords: 1 } : NOTHING,
    );
    for (const outcome of outcomes) expect(['erased', 'gone', 'busy', 'not_due']).toContain(outcome);
    tally.count(stays ? 'stays' : 'gone');
  }
  expect(tally.outcomes).toEqual(['gone', 'stays']);
});

test('of many erasures at once one is done, and of two last administrators one stays', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const [ada, bob, eve] = [await account(), await account(), await account()];
    await db.owner`update account set roles = '{admin}' where id = any (${[ada.accountId, bob.accountId]}::uuid[])`;
    const admins = await Promise.all([erase(ada), erase(bob)]);
    expect(admins.sort()).toEqual(['erased', 'last_admin']);
    await db.owner`update account set roles = '{}'`;
    const erasures = (await times(8, () => erase(eve))).sort();
    expect(erasures).toEqual(['erased', ...Array<string>(7).fill('gone')]);
  }
});

test('the purge and the sender go on beside it, and neither waits in a circle', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const people = [await account(), await account(), await account()];
    for (const ada of people)
      for (const kind of ['password_changed', 'session_reused', 'deletion_scheduled'])
        await db.owner`select write_notice(${kind}, ${ada.accountId}::uuid, ${keyOf(ada.email)}, '\\x00')`;
    await db.owner`update account_token set expires_at = clock_timestamp() where random() < 0.5`;
    await db.owner`update session set ends_at = clock_timestamp() where random() < 0.2 and id <> all (${people.map(({ sessionId }) => sessionId)}::uuid[])`;
    await db.owner`update letter set window_closes_at = clock_timestamp() where random() < 0.3`;
    const letters = await db.owner<{ id: string }[]>`select id from letter order by random()`;
    const ids = letters.map(({ id }) => id);
    const outcomes = await race<unknown>({
      purge: () => purgeOnce(db.sql),
      otherPurge: () => purgeOnce(db.sql),
      lease: () => leaseLetters(db.sql, 16),
      sent: () => removeLetters(db.sql, ids),
      sentBackwards: () => removeLetters(db.sql, [...ids].reverse()),
      ...Object.fromEntries(people.map((ada, n) => [`erased${n}`, () => erase(ada)])),
    });
    expect([outcomes.erased0, outcomes.erased1, outcomes.erased2]).toEqual(['erased', 'erased', 'erased']);
    for (const ada of people) expect(await remains(ada)).toEqual(NOTHING);
  }
});

test('everything that touches an account at once comes to an end, none by a deadlock', async () => {
  await rounds(
    async (ada) => {
      const [link, notMe] = [await tokenFor(ada, 'password_reset'), await tokenFor(ada, 'not_me')];
      return {
        reset: () => reset(ada, link),
        disown: () => disownChange(db.sql, notMe, ownerAct(ada)),
        change: () => change(ada),
        login: () => logInAs(ada),
        refresh: () => refreshSession(db.sql, ada.sessionId, 1, 0),
        reused: () => endReusedSession(db.sql, ada.sessionId, ownerAct(ada)),
        end: () => endSession(db.sql, ada.accountId, ada.sessionId, ACT),
        endAll: () => endSessions(db.sql, ada.accountId, null, ACT),
        update: () => update(ada),
        schedule: () => schedule(ada),
        cancel: () => cancelDeletion(db.sql, ada.accountId, ada.sessionId, ACT),
        purge: () => purgeOnce(db.sql),
      };
    },
    ({ erased }) => erased,
  );
});
