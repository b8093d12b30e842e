import { randomBytes } from 'node:crypto';

import { Claims, keyOf } from '#testing/claims';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { Moves, type Mover } from '#testing/moves';
import { race } from '#testing/races';

import { eraseAccount, findErasable } from './deletion.ts';
import { cancelEmailChange } from './email-change.ts';
import { leaseLetters, removeLetters } from './letter.ts';
import { changeProfile } from './profile.ts';
import { purgeOnce } from './purge-once.ts';

const ROUNDS = 200;
jest.setTimeout(300_000);

let db: TestDatabase;
let moves: Moves;
let claims: Claims;
beforeAll(async () => {
  db = await freshDatabase();
  [moves, claims] = [new Moves(db), new Claims(db)];
});
afterAll(() => db.drop());

/** Erases as the use case does: anew when the account has another address by now. */
async function erase({ accountId, sessionId }: Mover): Promise<string> {
  for (;;) {
    const [row] = await db.owner<{ email: string }[]>`select email from address where account_id = ${accountId}::uuid`;
    const key = row ? keyOf(row.email) : null;
    const found = await findErasable(db.sql, accountId, key);
    if (!found) return 'gone';
    const { outcome } = await eraseAccount(db.sql, {
      accountId,
      email: found.email,
      addressKey: found.email === null ? null : keyOf(found.email),
      plannedAt: found.at,
      sessionId,
      adminSessionId: null,
      addressBudget: randomBytes(32),
      sourceBudget: null,
      nameBudget: null,
      sessionBudget: null,
      requestId: 'r',
      envelope: randomBytes(8),
      revertTokens: found.former.map(({ tokenId }) => tokenId),
      formerFarewells: [],
    });
    if (outcome !== 'changed') return outcome;
  }
}

/** What is left of an account, by whatever address it had. */
async function remains({ accountId, email }: Mover, other: string): Promise<Readonly<Record<string, number>>> {
  const [row] = await db.owner<Record<string, number>[]>`
    select (select count(*) from account where id = ${accountId}::uuid)::int as accounts,
           (select count(*) from address where account_id = ${accountId}::uuid)::int as addresses,
           (select count(*) from address where email in (${email}, ${other}) and state = 'ACTIVE')::int as active,
           (select count(*) from email_change where account_id = ${accountId}::uuid)::int as changes,
           (select count(*) from account_token where account_id = ${accountId}::uuid)::int as tokens,
           (select count(*) from session where account_id = ${accountId}::uuid)::int as sessions,
           (select count(*) from letter where change_id is not null
             and change_id not in (select id from email_change))::int as letters,
           (select count(*) from audit_subject
             where id not in (select subject_id from account) and id not in (select subject_id from address))::int as subjects`;
  if (!row) throw new Error('no row');
  return row;
}
const NOTHING = { accounts: 0, addresses: 0, active: 0, changes: 0, tokens: 0, sessions: 0, letters: 0, subjects: 0 };

const profile = ({ accountId, sessionId }: Mover) =>
  changeProfile(db.sql, {
    accountId,
    sessionId,
    revisions: null,
    fields: ['username', 'display_name'],
    username: null,
    displayName: 'Ada',
    birthdate: null,
    locale: null,
  });

test('nothing is left of an account that is erased while its address changes', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const [ada, there] = [await moves.account(`leaver${round}@example.com`), `there${round}@example.net`];
    await moves.request(ada, there);
    const changeId = await moves.changeOf(ada);
    let end: string | undefined;
    await race<unknown>({
      erased: async () => (end = await erase(ada)),
      confirmed: () => moves.confirm(ada, changeId, there),
      requested: () => moves.request(ada, `elsewhere${round}@example.net`),
      cancelled: () => cancelEmailChange(db.sql, ada.accountId, ada.sessionId),
      changed: () => profile(ada),
    });
    expect(end).toBe('erased');
    expect(await remains(ada, there)).toEqual(NOTHING);
  }
});

test('nor while a change is taken back, and somebody registers either address', async () => {
  const ends = new Set<string>();
  for (let round = 0; round < ROUNDS; round++) {
    const [ada, there] = [await moves.account(`mover${round}@example.com`), `new${round}@example.net`];
    const token = await moves.move(ada, there);
    let end = '';
    await race<unknown>({
      erased: async () => (end = await erase({ ...ada, email: there })),
      reverted: () => moves.revert(ada, token, ada.email),
      registered: () => claims.register(there),
      changed: () => profile(ada),
    });
    ends.add(end);
    // An undo that came first has ended the session that wanted the account erased.
    if (end === 'session_over') continue;
    expect(end).toBe('erased');
    expect(await remains(ada, there)).toEqual(NOTHING);
  }
  expect([...ends].sort()).toEqual(['erased', 'session_over']);
});

test('the purge and the sender go on beside it, with a letter of a change among theirs, and nobody waits in a circle', async () => {
  for (let round = 0; round < ROUNDS; round++) {
    const ada = await moves.account(`sent${round}@example.com`);
    await moves.request(ada, `code${round}@example.net`);
    await db.owner`select write_notice('password_changed', ${ada.accountId}::uuid, ${keyOf(ada.email)}, '\\x00')`;
    const letters = await db.owner<{ id: string }[]>`select id from letter order by id`;
    const ids = letters.map(({ id }) => id);
    let end: string | undefined;
    await race<unknown>({
      erased: async () => (end = await erase(ada)),
      leased: () => leaseLetters(db.sql, 16),
      sent: () => removeLetters(db.sql, ids),
      sentBackwards: () => removeLetters(db.sql, ids.toReversed()),
      purged: () => purgeOnce(db.sql),
    });
    expect(end).toBe('erased');
    expect(await remains(ada, `code${round}@example.net`)).toEqual(NOTHING);
  }
});
