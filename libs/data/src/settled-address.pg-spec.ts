import { randomBytes } from 'node:crypto';

import { keyOf, phcOf } from '#testing/claims';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';
import { Moves, type Mover } from '#testing/moves';

import { findScheduledDeletion, scheduleDeletion } from './deletion.ts';
import { cancelEmailChange, findEmailChange } from './email-change.ts';
import { changePassword } from './password.ts';
import { changeProfile } from './profile.ts';
import { endSessions, findSession, type LiveSession } from './session.ts';
import { forItsAddress } from './settled-address.ts';

let db: TestDatabase;
let moves: Moves;
beforeAll(async () => {
  db = await freshDatabase();
  moves = new Moves(db);
});
afterAll(() => db.drop());

let people = 0;
const there = (): string => `there${++people}@example.net`;
const account = (): Promise<Mover> => moves.account(`here${++people}@example.com`);
const ACT = { requestId: 'r', sealedDetails: null };

async function sessionOf({ sessionId }: Mover): Promise<LiveSession> {
  const session = await findSession(db.sql, sessionId);
  if (!session) throw new Error('no such session');
  return session;
}

const noticeTo = ({ email }: LiveSession) => ({
  ...ACT,
  email,
  addressKey: email === null ? null : keyOf(email),
  envelope: Buffer.from(email ?? ''),
});
const change = (session: LiveSession) =>
  changePassword(db.sql, {
    ...noticeTo(session),
    accountId: session.accountId,
    sessionId: session.sessionId,
    currentPhc: null,
    phc: phcOf('bmV3'),
    budget: randomBytes(32),
  });
const schedule = (session: LiveSession) =>
  scheduleDeletion(db.sql, {
    ...noticeTo(session),
    accountId: session.accountId,
    sessionId: session.sessionId,
    afterDays: 7,
    idempotencyScope: Buffer.from(session.sessionId),
    fingerprint: Buffer.from('7'),
  });
const noticesOf = async (kind: string, ...emails: readonly string[]): Promise<readonly string[]> => {
  const rows = await db.owner<{ envelope: Uint8Array }[]>`
    select envelope from letter where kind = ${kind}`;
  return rows.map(({ envelope }) => Buffer.from(envelope).toString()).filter((email) => emails.includes(email));
};

describe('a notice goes to the address that the account has', () => {
  test.each([
    ['password_changed', change, 'changed'],
    ['deletion_scheduled', schedule, 'scheduled'],
  ] as const)('%s', async (kind, act, done) => {
    const ada = await account();
    const before = await sessionOf(ada);
    const now = there();
    await moves.move(ada, now);
    expect((await act(before)).outcome).toBe('moved');
    expect(await noticesOf(kind, ada.email, now)).toEqual([]);
    expect(await findScheduledDeletion(db.sql, ada.accountId)).toBeNull();
    const { outcome } = await forItsAddress(db.sql, before, (session): Promise<{ outcome: string }> => act(session));
    expect([outcome, await noticesOf(kind, ada.email, now)]).toEqual([done, [now]]);
  });

  test('a session that ended meanwhile does nothing more', async () => {
    const ada = await account();
    const before = await sessionOf(ada);
    await moves.move(ada, there());
    const { outcome } = await forItsAddress(db.sql, before, async (session) => {
      const result = await change(session);
      await endSessions(db.sql, ada.accountId, null, ACT);
      return result;
    });
    expect(outcome).toBe('session_over');
  });
});

test('a session that has ended changes no profile, and keeps no change of address back', async () => {
  const ada = await account();
  await moves.request(ada, there());
  const profile = { username: null, displayName: 'Ada', birthdate: null, locale: null };
  const changed = () =>
    changeProfile(db.sql, { ...profile, ...ada, revisions: null, fields: ['display_name'] }).then(
      ({ outcome, account: after }) => [outcome, after?.displayName],
    );
  expect(await changed()).toEqual(['changed', 'Ada']);
  await db.owner`update session set ends_at = clock_timestamp() where id = ${ada.sessionId}::uuid`;
  expect(await changed()).toEqual(['session_over', undefined]);
  expect(await cancelEmailChange(db.sql, ada.accountId, ada.sessionId)).toBe(false);
  expect(await findEmailChange(db.sql, ada.accountId)).toBeDefined();
});
