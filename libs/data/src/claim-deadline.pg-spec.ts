import { randomUUID } from 'node:crypto';

import postgres from 'postgres';

import { Claims } from '#testing/claims';
import { eventually } from '#testing/eventually';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

import { Database } from './database.ts';

let db: TestDatabase;
let claims: Claims;
let holder: postgres.Sql;
let patient: Database;
beforeAll(async () => {
  db = await freshDatabase();
  const limits = { turnMs: 30_000, connectedMs: 30_000, lockMs: 0 };
  patient = Database.open({ url: db.appUrl, poolSize: 10, limits });
  claims = new Claims({ ...db, sql: patient.sql });
  holder = postgres(db.superUrl, { max: 1, onnotice: () => undefined });
});
afterAll(async () => {
  await patient.close();
  await holder.end();
  await db.drop();
});

describe('a statement that waited for a lock does not decide by an old clock', () => {
  const ends: readonly [string, (turn: postgres.TransactionSql, email: string) => Promise<unknown>, boolean][] = [
    [
      'commits a change',
      (turn, email) => turn`update address set wished_username = 'somebody' where email = ${email}`,
      true,
    ],
    [
      'rolls back',
      (turn, email) => turn`update address set wished_username = 'somebody' where email = ${email}`,
      false,
    ],
    ['only locks', (turn, email) => turn`select from address where email = ${email} for update`, true],
  ];
  const acts: readonly [string, (email: string, claimId: string) => Promise<string>, string][] = [
    ['activation', async (email, claimId) => (await claims.activate(email, claimId)).outcome, 'expired'],
    ['a strike', async (email, claimId) => (await claims.activate(email, claimId, false)).outcome, 'expired'],
    ['resend', (email, claimId) => claims.resend(email, claimId), 'expired'],
    ['withdrawal', (email, claimId) => claims.withdraw(email, claimId), 'expired'],
    ['a new claim', (email) => claims.register(email), 'claimed'],
  ];
  const pairs = ends.flatMap(([how, hold, commits]) =>
    acts.map(([what, act, expected]) => ({ how, hold, commits, what, act, expected })),
  );

  test.each(pairs)('the holder $how: $what is late', async ({ hold, commits, act, expected }) => {
    const email = `${randomUUID()}@example.com`;
    const claimId = await claims.claim(email);
    await db.owner`alter table address disable trigger trust_move_is_listed`;
    await db.owner`update address set expires_at = clock_timestamp() + interval '300 milliseconds' where email = ${email}`;
    let outcome: Promise<string> | undefined;
    await holder
      .begin(async (turn) => {
        await hold(turn, email);
        outcome = act(email, claimId);
        await eventually(async () => {
          const [waiting] = await db.owner<{ both: boolean }[]>`
            select (exists (select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock')
               and exists (select from address where email = ${email} and expires_at <= clock_timestamp())) as both`;
          return waiting?.both === true ? true : undefined;
        });
        if (!commits) throw new Error('roll back');
      })
      .catch((error: unknown) => expect(error).toEqual(new Error('roll back')));
    expect(await outcome).toBe(expected);
    await db.owner`alter table address enable trigger trust_move_is_listed`;
  });
});
