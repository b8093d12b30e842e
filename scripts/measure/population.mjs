// A database full of people who are all alike, and the tokens of their sessions.
import { createHash } from 'node:crypto';
import postgres from 'postgres';
import { Database } from '../../dist/libs/data/src/database.js';
import { Secret } from '../../dist/libs/domain/src/secret.js';
import { readConfig } from '../../dist/libs/platform/src/config/config.js';
import { loadKeyRing } from '../../dist/libs/platform/src/keys/sealed-keys.js';
import { AccessTokens } from '../../dist/libs/platform/src/tokens/access-tokens.js';
import { SessionTokens } from '../../dist/libs/platform/src/tokens/session-tokens.js';
import { SigningKeys } from '../../dist/libs/platform/src/tokens/signing-keys.js';

const DAYS_29 = "interval '29 days'";

/** What stands in each table, by the number `n` of somebody; `$model` is the id of the account that they are copies of. */
const COPIES = {
  audit_subject: `(id, wrapped_key)
    select md5('s' || n)::uuid, wrapped_key from audit_subject, generate_series(1, $count) n
     where id = (select subject_id from account where id = '$model')`,
  account: `(id, subject_id, created_at)
    select md5('a' || n)::uuid, md5('s' || n)::uuid, clock_timestamp() from generate_series(1, $count) n`,
  address: `(email, state, last_event, moved_at, subject_id, account_id)
    select 'user' || n || '@example.com', 'ACTIVE', 'verified', clock_timestamp(), md5('s' || n)::uuid, md5('a' || n)::uuid
      from generate_series(1, $count) n`,
  'vault.account_password': `(account_id, phc)
    select md5('a' || n)::uuid, phc from vault.account_password, generate_series(1, $count) n where account_id = '$model'`,
  session: `(id, account_id, credential_version, authenticated_at, amr, created_at, rotated_at, last_seen_at, ends_at)
    select md5('n' || n)::uuid, md5('a' || n)::uuid, 1, now, '{pwd}', now, now, now, now + ${DAYS_29}
      from generate_series(1, $count) n, clock_timestamp() now`,
  audit_event: `(event, subject_id)
    select event, md5('s' || n)::uuid
      from generate_series(1, $count) n, unnest(array['registration.claimed', 'registration.activated', 'session.created']) event`,
};

/** Fills the tables with `count` copies of an account, without the work of triggers and keys, and indexes built at once. */
export async function populate(service, model, count) {
  const sql = postgres(service.superUrl, {
    max: 1,
    onnotice: () => undefined,
    connection: { session_replication_role: 'replica', statement_timeout: 0, synchronous_commit: 'off' },
  });
  try {
    await sql.unsafe(`set maintenance_work_mem = '512MB'; set jit = off`);
    for (const [table, copies] of Object.entries(COPIES)) {
      // An index that is not ready is passed over by inserts; reindex makes it whole, and ready.
      await sql`update pg_index set indisready = false, indisvalid = false where indrelid = ${table}::regclass`;
      await sql.unsafe(`insert into ${table} ${copies.replaceAll('$count', count).replaceAll('$model', model)}`);
      await sql.unsafe(`reindex table ${table}`);
      await sql.unsafe(`vacuum analyze ${table}`);
    }
    await sql`checkpoint`;
  } finally {
    await sql.end();
  }
}

/** Makes the tokens of the people's sessions, as the service would; `close` it. */
export async function tokensOf({ appUrl, env }) {
  const db = Database.open({ url: appUrl, poolSize: 1 });
  const ring = await loadKeyRing(db.sql, new Secret(env.TROTH_SECRET), []);
  const keys = new SigningKeys(db, ring);
  await keys.load();
  const access = new AccessTokens(readConfig(env), keys);
  const own = new SessionTokens(ring);
  const sessionOf = (n) => {
    const now = new Date();
    const refreshUntil = new Date(now.getTime() + 14 * 24 * 3_600_000);
    const ids = { sessionId: uuidOf(`n${n}`), accountId: uuidOf(`a${n}`) };
    const session = { ...ids, generation: 1, issuedAt: now, refreshUntil, amr: ['pwd'], roles: [] };
    return {
      access_token: access.sign(session, { at: now, authenticatedAt: now }),
      refresh_token: own.refreshToken(session),
    };
  };
  return { sessionOf, close: () => db.close() };
}

function uuidOf(text) {
  return createHash('md5')
    .update(text)
    .digest('hex')
    .replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}
