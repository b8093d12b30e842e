import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

const MOST_WAL_BYTES = 400;
const REFRESHES = 40;

let db: TestDatabase;
beforeAll(async () => {
  db = await freshDatabase();
});
afterAll(() => db.drop());

async function openSession(): Promise<string> {
  const [row] = await db.owner<{ id: string }[]>`
    with subject as (insert into audit_subject (wrapped_key) values ('\\x00') returning id),
    account as (insert into account (subject_id) select id from subject returning id),
    clock as (select clock_timestamp() as at)
    insert into session (account_id, credential_version, authenticated_at, amr, created_at, rotated_at, last_seen_at, ends_at)
    select account.id, 1, at, '{pwd}', at, at, at, at + interval '30 days' from account, clock
    returning id`;
  return row?.id ?? '';
}

interface Explained {
  readonly Plan: { readonly 'WAL Bytes': number };
}

/** Bytes of the write-ahead log that one refresh writes, but for its commit and for the images of pages after a checkpoint. */
async function walOf(sessionId: string, generation: number): Promise<number> {
  const [row] = await db.owner<{ 'QUERY PLAN': readonly Explained[] }[]>`
    explain (analyze, wal, format json)
    select refresh_session(${sessionId}::uuid, ${generation}::int, interval '0')`;
  const [explained] = row?.['QUERY PLAN'] ?? [];
  return explained?.Plan['WAL Bytes'] ?? Number.NaN;
}

test('a refresh is one update within its page, and writes little of the log', async () => {
  const sessionId = await openSession();
  const bytes: number[] = [];
  for (let generation = 1; generation <= REFRESHES; generation++) bytes.push(await walOf(sessionId, generation));
  const [session] = await db.owner<{ generation: number }[]>`
    select generation from session where id = ${sessionId}::uuid`;
  expect(session?.generation).toBe(REFRESHES + 1);
  const median = bytes.sort((a, b) => a - b)[REFRESHES / 2] ?? Number.NaN;
  expect(median).toBeGreaterThan(50);
  expect(median).toBeLessThanOrEqual(MOST_WAL_BYTES);
  await db.owner`select pg_stat_force_next_flush()`;
  const [updates] = await db.owner<{ all: number; hot: number }[]>`
    select n_tup_upd::int as all, n_tup_hot_upd::int as hot from pg_stat_user_tables where relname = 'session'`;
  expect(updates).toEqual({ all: REFRESHES, hot: REFRESHES });
});
