import type { Sql } from './database.ts';

/** A random key at rest. */
export interface SealedKey {
  readonly purpose: string;
  /** Which secret sealed it. */
  readonly keyId: string;
  readonly sealed: Uint8Array;
}

/** Every sealed key there is. */
export async function listSealedKeys(sql: Sql): Promise<readonly SealedKey[]> {
  return sql<SealedKey[]>`
    select purpose, key_id as "keyId", sealed from sealed_key
  `;
}

/** Keeps a new key unless another process kept one for the purpose first; read again to see whose it is. */
export async function keepSealedKey(sql: Sql, key: SealedKey): Promise<void> {
  await sql<never[]>`
    insert into sealed_key (purpose, key_id, sealed)
    values (${key.purpose}, ${key.keyId}, ${key.sealed}::bytea)
    on conflict on constraint sealed_key_pkey do nothing
  `;
}

/** Puts the same key, sealed anew, in place of the one that `formerKeyId` sealed; false when somebody did so before. */
export async function replaceSealedKey(sql: Sql, key: SealedKey, formerKeyId: string): Promise<boolean> {
  const rows = await sql<{ purpose: string }[]>`
    update sealed_key
       set key_id = ${key.keyId}, sealed = ${key.sealed}::bytea
     where purpose = ${key.purpose} and key_id = ${formerKeyId}
    returning purpose
  `;
  return rows.length === 1;
}
