// Rows that are past their date in every table that the purge sweeps. The first is the oldest, and goes first.
import postgres from 'postgres';
import { Database } from '../../dist/libs/data/src/database.js';
import { Secret } from '../../dist/libs/domain/src/secret.js';
import { loadKeyRing } from '../../dist/libs/platform/src/keys/sealed-keys.js';
import { fillDueEvents } from './due-events.mjs';

/** Keys that are made outside the database go there so many at once. */
const CHUNK = 10_000;
/** Row `n` of the numbers from $1 to $2; `keys` are HMACs for them, `due` is when it should have gone. */
const ROWS = `
  with given as (
    select n, decode(keys[n - $1 + 1], 'hex') as key, at - interval '60 days' + n * interval '1 millisecond' as due
      from generate_series($1::int, $2::int) n, clock_timestamp() as at, (select $3::text[] as keys) as made)`;
const PHC = '$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$aGFzaGhhc2g';

/** Of each kind: how its rows are inserted, in this order, and the HMACs that they bear. */
const KINDS = {
  claims: {
    statements: [
      `insert into audit_subject (id, wrapped_key) select md5('ds' || n)::uuid, '\\x00' from given`,
      `insert into address (email, state, last_event, moved_at, subject_id, claim_id, claim_key_id, code_length, claimed_at, letter_at, expires_at, strikes, resends)
       select 'claim' || n || '@example.com', 'CLAIMED', 'claimed', due, md5('ds' || n)::uuid, md5('dc' || n)::uuid, 'k', 4, due, due, due, 0, 0 from given`,
      `insert into vault.claim_password (claim_id, phc) select md5('dc' || n)::uuid, '${PHC}' from given`,
    ],
  },
  replays: {
    statements: [
      `insert into address (email, state, last_event, moved_at, subject_id, account_id, claim_id, claim_key_id, code_length, replayable_until)
       select 'replay' || n || '@example.com', 'ACTIVE', 'verified', due, md5('rs' || n)::uuid, md5('ra' || n)::uuid, md5('rc' || n)::uuid, 'k', 4, due from given`,
    ],
  },
  letters: {
    statements: [
      `insert into letter (kind, envelope, address_key, written_at, due_at, window_closes_at)
       select 'already_registered', '\\x00', '\\x00', due - interval '1 day', due, due from given`,
    ],
  },
  quotas: {
    key: (keys, n) => keys.addressKey(`quota${n}@example.com`),
    statements: [
      `insert into address_quota (address_key, kind, hour_started_at, hour_count, day_started_at, day_count, touched_at)
       select key, 'registration_letters', due, 1, due, 1, due from given`,
    ],
  },
  mutes: {
    key: (keys, n) => keys.addressKey(`mute${n}@example.com`),
    statements: [`insert into registration_mute (address_key, muted_until) select key, due from given`],
  },
  strikes: {
    statements: [
      `insert into struck_claim (claim_id, address_key, struck_at) select md5('x' || n)::uuid, '\\x00', due from given`,
    ],
  },
  idempotencyKeys: {
    statements: [
      `insert into idempotency_key (scope, fingerprint, used_at) select sha256(n::text::bytea), '\\x00', due from given`,
    ],
  },
  sessions: {
    statements: [
      `insert into session (id, account_id, credential_version, authenticated_at, amr, created_at, rotated_at, last_seen_at, ends_at)
       select md5('n' || n)::uuid, md5('a' || n)::uuid, 1, due, '{pwd}', due - interval '30 days', due, due, due from given`,
    ],
  },
  loginFailures: {
    key: (keys, n) => keys.budgetKey('address', `fail${n}@example.com`),
    statements: [`insert into login_failure (budget_key, window_started_at, failures) select key, due, 1 from given`],
  },
  accountTokens: {
    statements: [
      `insert into account_token (id, account_id, purpose, expires_at)
       select md5('t' || n)::uuid, md5('a' || n)::uuid, 'not_me', due from given`,
    ],
  },
  emailChanges: {
    statements: [
      `insert into email_change (id, account_id, key_id, sealed_address, expires_at)
       select md5('e' || n)::uuid, md5('a' || n)::uuid, 'k', '\\x00', due from given`,
    ],
  },
};

/** How many kinds there are, with the audit events. */
export const DUE_KINDS = Object.keys(KINDS).length + 1;

/** Fills each of the tables with so many rows, without the work of triggers and keys; resolves to the keys of the service. */
export async function fillDueRows(service, count) {
  const { superUrl, appUrl, env } = service;
  const db = Database.open({ url: appUrl, poolSize: 1 });
  const keys = await loadKeyRing(db.sql, new Secret(env.TROTH_SECRET), []);
  await db.close();
  const connection = { session_replication_role: 'replica', statement_timeout: 0, synchronous_commit: 'off' };
  const sql = postgres(superUrl, { max: 1, onnotice: () => undefined, connection });
  try {
    for (const { key, statements } of Object.values(KINDS)) {
      for (let from = 1; from <= count; from += CHUNK) {
        const to = Math.min(count, from + CHUNK - 1);
        const made = Array.from({ length: to - from + 1 }, (_, i) => key?.(keys, from + i).toString('hex') ?? '');
        for (const statement of statements) await sql.unsafe(`${ROWS} ${statement}`, [from, to, made]);
      }
    }
    await fillDueEvents(sql, service, keys, count);
    await sql.unsafe('vacuum analyze');
    await sql.unsafe('checkpoint');
    return keys;
  } finally {
    await sql.end();
  }
}
