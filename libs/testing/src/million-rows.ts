import { createHash } from 'node:crypto';

import postgres from 'postgres';

import type { TestDatabase } from './fresh-database.ts';

const ROWS = 1_000_000;
/** The password of every account and claim. */
export const PHC = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2g';
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
    `(id, subject_id, created_at, roles, suspended_at, deletion_effective_at)
     select md5('a' || n)::uuid, md5(case when n <= ${ROWS} / 2 then 's' else 't' end || n)::uuid, clock_timestamp() - n * interval '1 minute',
            case when n in (1, 2) then '{admin}'::text[] else '{}' end, case when n % 1000 = 500 then clock_timestamp() end,
            case when n % 1000 = 501 then clock_timestamp() + interval '1 day' end from generate_series(1, ${ROWS}) n`,
  ],
  letter: [
    `(kind, envelope, address_key, due_at, window_closes_at)
     select 'already_registered', '\\x00', md5('k' || n)::bytea, clock_timestamp() + interval '1 hour', clock_timestamp() + interval '2 hours' from generate_series(1, ${ROWS} / 2) n`,
    `(kind, envelope, address_key, written_at, due_at, window_closes_at)
     select 'already_registered', '\\x00', '\\x00', clock_timestamp() - interval '1 hour', clock_timestamp() - interval '1 hour', clock_timestamp() - interval '1 minute' from generate_series(1, ${ROWS} / 2) n`,
  ],
  audit_event: [
    `(event, subject_id, actor_id) select 'registration.claimed', md5('s' || n)::uuid, md5('s' || n + 1)::uuid from generate_series(1, ${ROWS}) n`,
  ],
  // The oldest one is due and holds few events, the newest one leaves many to be sealed.
  audit_batch: [
    `(number, first_transaction, first_id, last_transaction, last_id, events, events_so_far, newest_at, previous_hash,
      events_hash, hash, sealed_at, key_id, mac)
     select n, (n + 2)::text::xid8, md5('b' || n)::uuid, (n + 2)::text::xid8, md5('b' || n)::uuid, 1, n,
            clock_timestamp() - interval '2 years', hash, hash, hash, clock_timestamp(), 'k', hash
       from generate_series(1, ${ROWS}) n, (select sha256('x') as hash) h`,
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
            clock_timestamp() + interval '20 minutes' from generate_series(1, ${ROWS} - 9) n`,
    `(id, account_id, purpose, expires_at, sealed_address)
     select md5('q' || n)::uuid, md5('a' || n)::uuid, 'email_change_revert', clock_timestamp() + interval '20 minutes', '\\x00'
       from generate_series(1, 30) n`,
  ],
  email_change: [
    `(id, account_id, key_id, sealed_address, expires_at)
     select md5('e' || n)::uuid, md5('a' || n)::uuid, 'k', '\\x00', clock_timestamp() + interval '15 minutes' from generate_series(1, ${ROWS}) n`,
  ],
  login_failure: [
    `(budget_key, window_started_at, failures)
     select md5('f' || n)::bytea, clock_timestamp(), 1 from generate_series(1, ${ROWS}) n`,
  ],
  audit_subject: [`(id, wrapped_key) select md5('s' || n)::uuid, '\\x00' from generate_series(1, ${ROWS}) n`],
};

/** A million rows in every table that a statement reads, without the work of triggers and keys, and indexes built at once. */
export async function fillTables({ superUrl }: TestDatabase): Promise<void> {
  const tables = Object.entries(FILL);
  const one = async (): Promise<void> => {
    const loader = postgres(superUrl, {
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

/** What the texts and keys of rows are made of. */
export const md5Hex = (text: string): string => createHash('md5').update(text).digest('hex');
/** The same as an id. */
export const md5 = (text: string): string => md5Hex(text).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');

/** Rows and index entries that were read of each of the tables so far, as far as whoever read them has told. */
export async function entriesReadOf({ owner }: TestDatabase): Promise<Readonly<Record<string, number>>> {
  const rows = await owner<{ name: string; entries: number }[]>`
    select relname::text as name,
           (seq_tup_read + coalesce((select sum(idx_tup_read) from pg_stat_user_indexes as used
                                      where used.relid = large.relid), 0))::float8 as entries
      from pg_stat_user_tables as large
     where relname = any (${Object.keys(FILL).map((table) => table.replace('vault.', ''))})`;
  return Object.fromEntries(rows.map(({ name, entries }) => [name, entries]));
}
