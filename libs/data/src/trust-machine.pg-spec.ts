import { randomUUID } from 'node:crypto';

import { TRUST_STATES, TRUST_TRANSITIONS, type TrustState } from '#domain/trust';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

let db: TestDatabase;
beforeAll(async () => {
  db = await freshDatabase();
});
afterAll(() => db.drop());

const EMAIL = 'ada@example.com';
const EVENT_NAMES = [...new Set(TRUST_TRANSITIONS.map(({ event }) => event))];
const STORED = ['CLAIMED', 'LOCKED', 'ACTIVE'] as const;
type Stored = (typeof STORED)[number];

/** Puts the address into a state without asking the machine. Strikes say how many a claim has had. */
async function place(state: TrustState, strikes = 0): Promise<void> {
  await db.owner`alter table address disable trigger trust_move_is_listed`;
  await db.owner`delete from address`;
  if (state !== 'AVAILABLE') {
    const [subject] = await db.owner<{ id: string }[]>`
      insert into audit_subject (wrapped_key) values ('\\x00') returning id`;
    const [account] = await db.owner<{ id: string }[]>`
      insert into account (subject_id) values (${subject?.id ?? ''}::uuid) returning id`;
    const stored: Stored = state === 'EXPIRED' ? 'CLAIMED' : state;
    const claimed = stored === 'CLAIMED';
    await db.owner`
      insert into address (email, state, last_event, moved_at, subject_id, claim_id, claim_key_id, code_length,
                           claimed_at, letter_at, expires_at, strikes, resends, account_id, replayable_until)
      select ${EMAIL}, ${stored}, 'claimed', at, ${subject?.id ?? ''}::uuid,
             case when ${stored} <> 'LOCKED' then gen_random_uuid() end,
             case when ${stored} <> 'LOCKED' then 'k' end,
             case when ${stored} <> 'LOCKED' then 4 end,
             case when ${claimed} then at end,
             case when ${claimed} then at end,
             case when ${state === 'EXPIRED'} then at when ${stored} <> 'ACTIVE' then at + interval '1 hour' end,
             case when ${claimed} then ${strikes}::int end,
             case when ${claimed} then 0 end,
             case when ${stored === 'ACTIVE'} then ${account?.id ?? ''}::uuid end,
             case when ${stored === 'ACTIVE'} then at + interval '1 hour' end
        from (select clock_timestamp() - interval '1 minute' as at) as moment`;
  }
  await db.owner`alter table address enable trigger trust_move_is_listed`;
}

/** Tries a move as the application would write it, with the columns that the target state and the event ask for. */
async function attempt(from: TrustState, event: string, to: Stored): Promise<boolean> {
  const [account] = await db.owner<{ id: string }[]>`
    with subject as (insert into audit_subject (wrapped_key) values ('\\x00') returning id)
    insert into account (subject_id) select id from subject returning id`;
  const claimed = to === 'CLAIMED';
  const changes = event === 'superseded' || event === 'claimed';
  // Whoever proves an address for the account they have takes nothing over from a claim.
  const forgets = to === 'LOCKED' || event === 'proven';
  try {
    if (from === 'AVAILABLE')
      await db.owner`
      insert into address (email, state, last_event, moved_at, subject_id, claim_id, claim_key_id, code_length,
                           claimed_at, letter_at, expires_at, strikes, resends, account_id)
      select ${EMAIL}, ${to}, ${event}, clock_timestamp(), (select id from audit_subject limit 1),
             case when ${claimed} then gen_random_uuid() end, case when ${claimed} then 'k' end,
             case when ${claimed} then 4 end, case when ${claimed} then clock_timestamp() end,
             case when ${claimed} then clock_timestamp() end,
             case when ${to !== 'ACTIVE'} then clock_timestamp() + interval '1 hour' end,
             case when ${claimed} then 0 end, case when ${claimed} then 0 end,
             case when ${to === 'ACTIVE'} then ${account?.id ?? ''}::uuid end`;
    else
      await db.owner`
      update address
         set state = ${to}, last_event = ${event}, moved_at = clock_timestamp(),
             claim_id = case when ${forgets} then null when ${changes} or claim_id is null then gen_random_uuid() else claim_id end,
             claim_key_id = case when ${!forgets} then 'k' end,
             code_length = case when ${!forgets} then 4 end,
             subject_id = case when ${event === 'proven'} then (select subject_id from account where id = ${account?.id ?? ''}::uuid)
                               else subject_id end,
             claimed_at = case when ${claimed} then clock_timestamp() end,
             letter_at = case when ${claimed} then clock_timestamp() end,
             expires_at = case when ${to} <> 'ACTIVE' then clock_timestamp() + interval '2 hours' end,
             strikes = case when ${claimed} then coalesce(strikes, 0) + ${event === 'struck' ? 1 : 0}::int end,
             resends = case when ${claimed} then coalesce(resends, 0) + ${event === 'resent' ? 1 : 0}::int end,
             by_owner = ${claimed && event === 'superseded'}::boolean,
             account_id = case when ${to} = 'ACTIVE' then ${account?.id ?? ''}::uuid end,
             replayable_until = case when ${to} = 'ACTIVE' and ${!forgets} then clock_timestamp() + interval '1 minute' end`;
    return true;
  } catch (error) {
    expect(error).toMatchObject({ name: 'ConstraintViolated', constraint: 'trust_move_is_listed' });
    return false;
  }
}

test('the table of the database holds the moves of the domain, and no other', async () => {
  const rows = await db.owner<{ from: string; event: string; to: string }[]>`
    select from_state as "from", event, to_state as "to" from trust_transition`;
  const sorted = (moves: readonly { from: string; event: string; to: string }[]) =>
    moves.map(({ from, event, to }) => `${from} ${event} ${to}`).sort();
  expect(sorted(rows)).toEqual(sorted(TRUST_TRANSITIONS));
});

describe('every pair of states, by every event', () => {
  const pairs = TRUST_STATES.flatMap((from) => STORED.map((to) => [from, to] as const));
  test.each(pairs)('%s to %s', async (from, to) => {
    for (const event of EVENT_NAMES) {
      await place(from, event === 'struck_out' ? 2 : 0);
      const listed = TRUST_TRANSITIONS.some((move) => move.from === from && move.event === event && move.to === to);
      expect([event, await attempt(from, event, to)]).toEqual([event, listed]);
    }
  });

  test('EXPIRED and AVAILABLE are never stored', async () => {
    for (const state of ['EXPIRED', 'AVAILABLE']) {
      await place('CLAIMED');
      const stored = db.owner`update address set state = ${state}, last_event = 'timed_out', moved_at = clock_timestamp()`;
      await expect(stored).rejects.toMatchObject({ name: 'ConstraintViolated' });
    }
  });
});

describe('what an event may not change along the way', () => {
  const refused = async (move: Promise<unknown>) =>
    expect(move).rejects.toMatchObject({ constraint: 'trust_move_is_listed' });

  test('a strike counts one, and the third ends the claim', async () => {
    await place('CLAIMED');
    await refused(db.owner`update address set last_event = 'struck', moved_at = clock_timestamp(), strikes = 2`);
    await refused(db.owner`update address set last_event = 'struck', moved_at = clock_timestamp()`);
    await refused(
      db.owner`update address set last_event = 'resent', moved_at = clock_timestamp(), strikes = 1, resends = 1`,
    );
  });

  test('a resend keeps the claim, and never shortens it', async () => {
    await place('CLAIMED');
    await refused(db.owner`
      update address set last_event = 'resent', moved_at = clock_timestamp(), resends = 1, claim_id = ${randomUUID()}::uuid`);
    await refused(db.owner`
      update address set last_event = 'resent', moved_at = clock_timestamp(), resends = 1,
                         expires_at = expires_at - interval '1 second'`);
  });

  test('only an owner takes the place of a claim, and a claim stays whose it is', async () => {
    await place('CLAIMED');
    await refused(db.owner`
      update address set last_event = 'superseded', moved_at = clock_timestamp(), claim_id = gen_random_uuid()`);
    for (const event of ['struck', 'resent'])
      await refused(db.owner`
        update address
           set last_event = ${event}, moved_at = clock_timestamp(), by_owner = true,
               strikes = ${event === 'struck' ? 1 : 0}::int, resends = ${event === 'resent' ? 1 : 0}::int`);
    await place('ACTIVE');
    await expect(db.owner`update address set by_owner = true where claim_id is not null`).rejects.toMatchObject({
      name: 'ConstraintViolated',
    });
  });

  test('a proof from elsewhere takes nothing over from the claim that it ends', async () => {
    const proven = (keeps: 'claim' | 'subject') => db.owner`
      with subject as (insert into audit_subject (wrapped_key) values ('\\x00') returning id)
      update address
         set state = 'ACTIVE', last_event = 'proven', moved_at = clock_timestamp(),
             subject_id = case when ${keeps} = 'subject' then subject_id else (select id from subject) end,
             account_id = (select id from account limit 1),
             claim_id = case when ${keeps} = 'claim' then claim_id end,
             claim_key_id = case when ${keeps} = 'claim' then claim_key_id end,
             code_length = case when ${keeps} = 'claim' then code_length end,
             replayable_until = case when ${keeps} = 'claim' then clock_timestamp() end,
             claimed_at = null, letter_at = null, expires_at = null, strikes = null, resends = null`;
    await place('CLAIMED');
    await refused(proven('claim'));
    await refused(proven('subject'));
  });

  test('a move happens neither in the future nor before the last one, and takes no other address', async () => {
    await place('CLAIMED');
    await refused(
      db.owner`update address set last_event = 'struck', strikes = 1, moved_at = clock_timestamp() + interval '1 s'`,
    );
    await refused(
      db.owner`update address set last_event = 'struck', strikes = 1, moved_at = moved_at - interval '1 s'`,
    );
    await refused(db.owner`
      update address set last_event = 'struck', strikes = 1, moved_at = clock_timestamp(), email = 'bob@example.com'`);
  });

  test('an active address forgets its claim when the replay window is over: that is no move', async () => {
    await place('ACTIVE');
    await db.owner`update address set claim_id = null, claim_key_id = null, code_length = null, replayable_until = null`;
    expect(await db.owner`select from address where claim_id is null`).toHaveLength(1);
  });
});

describe('constraints', () => {
  test('no credential of a dead claim: the password has to go before the claim can end', async () => {
    await place('CLAIMED', 2);
    await db.owner`insert into vault.claim_password (claim_id, phc) select claim_id, ${PHC} from address`;
    for (const [event, state] of [
      ['struck_out', 'LOCKED'],
      ['superseded', 'CLAIMED'],
      ['verified', 'ACTIVE'],
    ] as const) {
      const move = db.owner`
        update address
           set state = ${state}, last_event = ${event}, moved_at = clock_timestamp(),
               claim_id = case ${state} when 'CLAIMED' then gen_random_uuid() when 'ACTIVE' then claim_id end,
               claim_key_id = case when ${state} <> 'LOCKED' then 'k' end,
               code_length = case when ${state} <> 'LOCKED' then 4 end,
               claimed_at = case when ${state} = 'CLAIMED' then claimed_at end,
               letter_at = case when ${state} = 'CLAIMED' then letter_at end,
               expires_at = case when ${state} <> 'ACTIVE' then expires_at end,
               strikes = case when ${state} = 'CLAIMED' then 0 end,
               resends = case when ${state} = 'CLAIMED' then 0 end,
               by_owner = ${event === 'superseded'}::boolean,
               account_id = case when ${state} = 'ACTIVE' then (select id from account limit 1) end,
               replayable_until = case when ${state} = 'ACTIVE' then clock_timestamp() end`;
      await expect(move).rejects.toMatchObject({ constraint: 'credential_only_of_a_live_claim' });
    }
    await db.owner`delete from address`;
    expect(await db.owner`select from vault.claim_password`).toHaveLength(0);
  });

  test.each([
    ['ADA@example.com'],
    [' ada@example.com'],
    ['ada@example.com '],
    ['mar\u212a@example.com'],
    ['ada@localhost'],
    ['"ada"@example.com'],
    ['ada@example.com\r\nBcc: x@example.com'],
    [`${'a'.repeat(65)}@example.com`],
  ])('the database takes no address in another spelling: %j', async (email) => {
    await place('CLAIMED');
    await db.owner`alter table address disable trigger trust_move_is_listed`;
    await expect(db.owner`update address set email = ${email}`).rejects.toMatchObject({
      constraint: 'email_is_normalised',
    });
    await db.owner`alter table address enable trigger trust_move_is_listed`;
  });
});

const PHC = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2g';

describe('the application role', () => {
  const denied = { name: 'StatementFailed', sqlState: '42501' };

  test.each([
    ['reads claims’ passwords', () => db.sql`select phc from vault.claim_password`],
    ['reads accounts’ passwords', () => db.sql`select phc from vault.account_password`],
    [
      'writes passwords',
      () => db.sql`insert into vault.account_password (account_id, phc) values (gen_random_uuid(), ${PHC})`,
    ],
    ['removes passwords', () => db.sql`delete from vault.claim_password`],
    ['changes audit events', () => db.sql`update audit_event set event = 'registration.claimed'`],
    ['removes audit events', () => db.sql`delete from audit_event`],
    ['changes the machine', () => db.sql`insert into trust_transition values ('LOCKED', 'verified', 'ACTIVE')`],
    ['makes tables', () => db.sql`create table public.loot (id int)`],
    ['makes tables in the vault', () => db.sql`create table vault.loot (id int)`],
    ['switches triggers off', () => db.sql`alter table address disable trigger all`],
  ])('never %s', async (_what, statement) => {
    await expect(statement()).rejects.toMatchObject(denied);
  });

  test('functions that run with the rights of the vault pin their search path and are closed to strangers', async () => {
    const loose = await db.owner<{ name: string }[]>`
      select proname::text as name from pg_proc
       where prosecdef and pronamespace in ('vault'::regnamespace, 'public'::regnamespace)
         and (proconfig is null or not proconfig::text like '%search_path=pg_catalog, pg_temp%'
              or has_function_privilege('public', oid, 'execute'))`;
    expect(loose).toEqual([]);
  });
});

describe('audit', () => {
  test('even the owner cannot change, remove or truncate what is written', async () => {
    await db.owner`insert into audit_event (event) values ('registration.claimed')`;
    const statements = [
      () => db.owner`update audit_event set event = 'registration.locked'`,
      () => db.owner`delete from audit_event`,
      () => db.owner`truncate audit_event`,
    ];
    for (const statement of statements) await expect(statement()).rejects.toThrow();
    expect(await db.owner`select from audit_event where event = 'registration.claimed'`).toHaveLength(1);
  });
});
