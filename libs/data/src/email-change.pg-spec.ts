import postgres from 'postgres';

import { ACCOUNT_TOKEN_SECONDS, FROZEN_HOURS } from '#domain/account-token';
import { EMAIL_CHANGE } from '#domain/email-change';
import { eventually } from '#testing/eventually';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { Moves, type Mover } from '#testing/moves';
import { inTurn } from '#testing/turns';

import { findTokenAccount } from './account-token.ts';
import { confirmEmailChange, findEmailChange } from './email-change.ts';

let db: TestDatabase;
let moves: Moves;
beforeAll(async () => {
  db = await freshDatabase();
  moves = new Moves(db);
});
afterAll(() => db.drop());

let people = 0;
const elsewhere = (): string => `there${++people}@example.net`;
const account = (): Promise<Mover> => moves.account(`moves${++people}@example.com`);

describe('the numbers of the domain are the numbers of the database', () => {
  test.each([false, true])('a code is good for its seconds; too late: %s', async (isLate) => {
    const [ada, there] = [await account(), elsewhere()];
    await moves.request(ada, there);
    const changeId = await moves.changeOf(ada);
    await db.owner`
      update email_change set expires_at = expires_at - make_interval(secs => ${EMAIL_CHANGE.seconds - (isLate ? 0 : 5)}::int)
       where account_id = ${ada.accountId}::uuid`;
    expect((await findEmailChange(db.sql, ada.accountId))?.changeId).toBe(isLate ? undefined : changeId);
    expect(await moves.confirm(ada, changeId, there)).toBe(isLate ? 'expired' : 'changed');
    expect(await db.owner`select from email_change where account_id = ${ada.accountId}::uuid`).toEqual([]);
  });

  test('so many wrong codes are judged', async () => {
    const [ada, there] = [await account(), elsewhere()];
    await moves.request(ada, there);
    const changeId = await moves.changeOf(ada);
    const outcomes = await inTurn(EMAIL_CHANGE.tries, () => moves.confirm(ada, changeId, there, false));
    expect(outcomes).toEqual([...Array<string>(EMAIL_CHANGE.tries - 1).fill('wrong_code'), 'struck_out']);
    expect(await moves.confirm(ada, changeId, there)).toBe('no_change');
  });

  test.each([false, true])('a change can be taken back for its seconds; too late: %s', async (isLate) => {
    const ada = await account();
    const tokenId = await moves.move(ada, elsewhere());
    const passed = ACCOUNT_TOKEN_SECONDS.email_change_revert - (isLate ? 0 : 5);
    await db.owner`
      update account_token set expires_at = expires_at - make_interval(secs => ${passed}::int)
       where id = ${tokenId}::uuid`;
    const found = await findTokenAccount(db.sql, tokenId, 'email_change_revert');
    expect(found?.sealedAddress?.toString()).toBe(isLate ? undefined : ada.email);
    expect(await moves.revert(ada, tokenId, ada.email)).toBe(isLate ? 'over' : 'reverted');
  });

  test('after that what the account proves itself by is frozen for a day', async () => {
    const ada = await account();
    await moves.revert(ada, await moves.move(ada, elsewhere()), ada.email);
    const [row] = await db.owner<{ hours: number }[]>`
      select extract(epoch from changes_frozen_until - clock_timestamp())::float8 / 3600 as hours
        from account where id = ${ada.accountId}::uuid`;
    expect(row?.hours).toBeCloseTo(FROZEN_HOURS, 1);
  });
});

test('what was frozen after the guard had looked is refused all the same, and no try is taken', async () => {
  const [ada, there] = [await account(), elsewhere()];
  await moves.request(ada, there);
  const changeId = await moves.changeOf(ada);
  const freeze = (until: string) => db.owner`
    update account set changes_frozen_until = clock_timestamp() + ${until}::interval where id = ${ada.accountId}::uuid`;
  await freeze('1 hour');
  expect([await moves.request(ada, elsewhere()), await moves.confirm(ada, changeId, there, false)]).toEqual([
    'frozen',
    'frozen',
  ]);
  await freeze('0');
  expect(await moves.confirm(ada, changeId, there)).toBe('changed');
});

test('a session that has ended meanwhile changes nothing', async () => {
  const [ada, there] = [await account(), elsewhere()];
  await moves.request(ada, there);
  const changeId = await moves.changeOf(ada);
  await db.owner`update account set credential_version = 7 where id = ${ada.accountId}::uuid`;
  expect([await moves.request(ada, elsewhere()), await moves.confirm(ada, changeId, there)]).toEqual([
    'session_over',
    'session_over',
  ]);
});

test('the deadline of a code that waited for a lock is judged by the clock after it', async () => {
  const [ada, there] = [await account(), elsewhere()];
  await moves.request(ada, there);
  const changeId = await moves.changeOf(ada);
  await db.owner`
    update email_change set expires_at = clock_timestamp() + interval '300 milliseconds' where id = ${changeId}::uuid`;
  let confirmed: Promise<string> | undefined;
  const holder = postgres(db.superUrl, { max: 1, onnotice: () => undefined });
  await holder.begin(async (turn) => {
    await turn`select from account where id = ${ada.accountId}::uuid for update`;
    confirmed = moves.confirm(ada, changeId, there);
    await eventually(async () => {
      const [waiting] = await db.owner<{ both: boolean }[]>`
        select (exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')
           and exists (select from email_change where id = ${changeId}::uuid and expires_at <= clock_timestamp())) as both`;
      return waiting?.both === true ? true : undefined;
    });
  });
  await holder.end();
  expect(await confirmed).toBe('expired');
});

test('an account without an address gets one, and nobody is told', async () => {
  const [ada, there] = [await account(), elsewhere()];
  await db.owner`delete from address where account_id = ${ada.accountId}::uuid`;
  await moves.request(ada, there);
  const { outcome, account: changed } = await confirmEmailChange(db.sql, {
    ...ada,
    accountKey: Buffer.from(ada.accountId),
    changeId: await moves.changeOf(ada),
    codeIsRight: true,
    email: there,
    emailKey: Buffer.from(there),
    formerEmail: null,
    sealedFormer: null,
    addressKey: null,
    envelope: null,
    requestId: 'r',
    sealedDetails: null,
  });
  expect([outcome, changed?.email, await moves.newestToken(ada)]).toEqual(['changed', there, '']);
});
