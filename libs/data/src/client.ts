import type { Sql } from './database.ts';

/** A service that may ask about tokens. */
export interface Client {
  readonly clientId: string;
  /** SHA-256 of its key. */
  readonly keyHash: Uint8Array;
}

/** The client of this id. Absent: none. */
export async function findClient(sql: Sql, clientId: string): Promise<Client | undefined> {
  const [client] = await sql<Client[]>`
    select id as "clientId", key_hash as "keyHash" from client where id = ${clientId}::uuid
  `;
  return client;
}

/** Adds a client; resolves to its id, or to nothing when another one has the name. */
export async function addClient(sql: Sql, name: string, keyHash: Uint8Array): Promise<string | undefined> {
  const [client] = await sql<{ clientId: string }[]>`
    insert into client (name, key_hash)
    values (${name}, ${keyHash}::bytea)
    on conflict on constraint client_name_is_unique do nothing
    returning id as "clientId"
  `;
  return client?.clientId;
}
