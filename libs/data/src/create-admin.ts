import type { Sql } from './database.ts';

/** Somebody is to administrate. */
export interface AdminWanted {
  readonly email: string;
  readonly addressKey: Uint8Array;
  /** The account that the address was found to have, for which the details are sealed; null: none. */
  readonly accountId: string | null;
  /** The key of an account that has to be made, wrapped. */
  readonly wrappedKey: Uint8Array;
  /** Which secret derives the code that nobody gets. */
  readonly keyId: string;
  readonly envelope: Uint8Array;
  readonly sealedDetails: Uint8Array | null;
}

/**
 * How it ended. `granted`: the account has the role now. `made`: there was none; a link to set its password is mailed.
 * `another_account`: the address has another one than was found, or none any more; nothing was done.
 */
export type AdminCreation = 'granted' | 'made' | 'was_admin' | 'suspended' | 'another_account';

/** Gives the account of an address the role of administrators; if there is no account, makes one. */
export async function createAdmin(sql: Sql, it: AdminWanted): Promise<AdminCreation> {
  const [row] = await sql<{ outcome: AdminCreation }[]>`
    select create_admin(
      ${it.email}, ${it.addressKey}::bytea, ${it.accountId}::uuid, ${it.wrappedKey}::bytea, ${it.keyId},
      ${it.envelope}::bytea, ${it.sealedDetails}::bytea) as outcome -- not null: every path returns one
  `;
  if (row === undefined) throw new Error('a function call returned no row');
  return row.outcome;
}
