import type { Sql } from './database.ts';

/** A key that signs access tokens, at rest. */
export interface SigningKeyRow {
  readonly kid: string;
  /** The public key as JSON (RFC 7517). */
  readonly publicJwk: string;
  /** Which secret sealed the private part. */
  readonly keyId: string;
  readonly sealed: Uint8Array;
  /** Whether it signs by now; the last one that does is the one to sign with. */
  readonly signs: boolean;
}

/** The keys that tokens may be signed with: those that sign or will, and the one before until its last token has ended. */
export async function listSigningKeys(sql: Sql): Promise<readonly SigningKeyRow[]> {
  return sql<SigningKeyRow[]>`
    select kid,
           public_jwk as "publicJwk",
           key_id as "keyId",
           sealed,
           signs_from <= clock_timestamp() as signs -- not null: of columns that are not
      from signing_key
     where signs_from >= coalesce(
             (select max(signs_from) from signing_key where signs_from <= clock_timestamp() - interval '2 hours'),
             '-infinity')
     order by signs_from, kid
  `;
}

/** A new key, and how old the newest one has to be for it. */
export interface NewSigningKey {
  readonly kid: string;
  readonly publicJwk: string;
  readonly keyId: string;
  readonly sealed: Uint8Array;
  readonly leastAgeSeconds: number;
  /** How long verifiers have to see it before it signs. */
  readonly noticeSeconds: number;
}

/** Adds a key; false when there is a younger one than `leastAgeSeconds`. The first key signs at once. */
export async function addSigningKey(sql: Sql, key: NewSigningKey): Promise<boolean> {
  const [row] = await sql<{ added: boolean }[]>`
    select add_signing_key(
      ${key.kid}, ${key.publicJwk}, ${key.keyId}, ${key.sealed}::bytea,
      make_interval(secs => ${key.leastAgeSeconds}::int), make_interval(secs => ${key.noticeSeconds}::int)) as added -- not null: every path returns one
  `;
  return row?.added ?? false;
}

/** Puts the same key, sealed anew, in place of the one that `formerKeyId` sealed. */
export async function resealSigningKey(
  sql: Sql,
  key: { readonly kid: string; readonly keyId: string; readonly sealed: Uint8Array },
  formerKeyId: string,
): Promise<boolean> {
  const rows = await sql<{ kid: string }[]>`
    update signing_key
       set key_id = ${key.keyId}, sealed = ${key.sealed}::bytea
     where kid = ${key.kid} and key_id = ${formerKeyId}
    returning kid
  `;
  return rows.length === 1;
}
