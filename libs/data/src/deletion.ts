import type { Sql } from './database.ts';

/** An address that an account had within the last seven days, by the token that would restore it. */
export interface FormerAddress {
  readonly tokenId: string;
  /** Sealed for the account. */
  readonly sealedAddress: Uint8Array;
}

/** What has to be known of an account before it is erased. */
export interface ErasableAccount {
  /** Null: the account has no address. */
  readonly email: string | null;
  readonly username: string | null;
  readonly locale: string | null;
  /** Opens the commitment. */
  readonly salt: Uint8Array;
  /** SHA-256 of the salt and the 16 bytes of the account's id. */
  readonly commitment: Uint8Array;
  /** The key of what is sealed for the account, wrapped. */
  readonly wrappedKey: Uint8Array;
  /** The database's clock. */
  readonly at: Date;
  /** Until when the ledger remembers struck claims of the address that was asked about; null: there are none. */
  readonly strikesUntil: Date | null;
  /** The addresses that could still take it back. */
  readonly former: readonly FormerAddress[];
}

interface ErasableRow extends Omit<ErasableAccount, 'former'> {
  readonly tokenId: string | null;
  readonly sealedAddress: Uint8Array | null;
}

/** The account, with what the ledger holds of an address. Absent: there is no such account any more. */
export async function findErasable(
  sql: Sql,
  accountId: string,
  addressKey: Uint8Array | null,
): Promise<ErasableAccount | undefined> {
  const rows = await sql<ErasableRow[]>`
    select (select email from address where address.account_id = account.id) as email,
           account.username,
           account.locale,
           account.deletion_salt as salt, -- not null: a column of the account
           account.deletion_commitment as commitment, -- not null: a column of the account
           audit_subject.wrapped_key as "wrappedKey", -- not null: every account has a subject
           clock_timestamp() as at, -- not null: a clock
           (select max(struck_at) + interval '30 days' from struck_claim
             where address_key = ${addressKey}::bytea
               and struck_at > (select clock_timestamp()) - interval '30 days') as "strikesUntil",
           token.id as "tokenId",
           token.sealed_address as "sealedAddress"
      from account
      join audit_subject on audit_subject.id = account.subject_id
      left join account_token as token
        on token.account_id = account.id and token.purpose = 'email_change_revert'
       and token.expires_at > (select clock_timestamp())
     where account.id = ${accountId}::uuid
  `;
  const [account] = rows;
  const former = rows.flatMap(({ tokenId, sealedAddress }) =>
    tokenId === null || sealedAddress === null ? [] : [{ tokenId, sealedAddress }],
  );
  return account && { ...account, former };
}

/** A letter to a former address. */
export interface FormerFarewell {
  readonly addressKey: Buffer;
  readonly envelope: Buffer;
}

/** An erasure, as far as it was prepared outside the database. */
export interface ErasureOrder {
  readonly accountId: string;
  /** The address that the letter goes to; null: the account has none. */
  readonly email: string | null;
  readonly addressKey: Uint8Array | null;
  /** From when the letter and the receipt count; later than a minute after it nothing is erased. */
  readonly plannedAt: Date;
  /** The session of the user who asks; null: nobody asks, or an administrator does. */
  readonly sessionId: string | null;
  /** The session of the administrator who asks. Neither one: the account's time has to have come. */
  readonly adminSessionId: string | null;
  /** Failed log-ins are counted by these; null where it is not known. */
  readonly addressBudget: Uint8Array | null;
  readonly sourceBudget: Uint8Array | null;
  readonly nameBudget: Uint8Array | null;
  readonly sessionBudget: Uint8Array | null;
  readonly requestId: string | null;
  /** The last letter, sealed; null where there is no address. */
  readonly envelope: Uint8Array | null;
  /** The tokens that could take the account back, as far as they were looked at, and the letters to their addresses. */
  readonly revertTokens: readonly string[];
  readonly formerFarewells: readonly FormerFarewell[];
}

/**
 * How an erasure ended. `changed`: the account is not what the order was made for; make another one. `not_due`: nobody
 * asks for it, and its time has not come. `busy`: another replica erases what is due.
 */
export type ErasureOutcome =
  'erased' | 'gone' | 'session_over' | 'no_admin' | 'not_due' | 'busy' | 'frozen' | 'last_admin' | 'changed';

/** What was erased, by class. */
export interface ErasedCount {
  readonly class: string;
  readonly count: number;
}

/** The outcome of an erasure; what was erased is empty for any but `erased`. */
export interface Erasure {
  readonly outcome: ErasureOutcome;
  readonly erased: readonly ErasedCount[];
}

interface ErasureRow {
  readonly outcome: ErasureOutcome;
  readonly classes: readonly string[] | null;
  readonly counts: readonly number[] | null;
}

/** Takes away everything that is stored of an account, if nothing is in the way, and leaves a last letter. */
export async function eraseAccount(sql: Sql, it: ErasureOrder): Promise<Erasure> {
  const [row] = await sql<ErasureRow[]>`
    select outcome, -- not null: every path returns one
           classes,
           counts
      from erase_account(
        ${it.accountId}::uuid, ${it.email}, ${it.addressKey}::bytea, ${it.plannedAt.toISOString()}::timestamptz,
        ${it.sessionId}::uuid, ${it.adminSessionId}::uuid,
        array[${it.addressBudget}::bytea, ${it.sourceBudget}::bytea, ${it.nameBudget}::bytea, ${it.sessionBudget}::bytea],
        ${it.requestId}, ${it.envelope}::bytea,
        ${it.revertTokens}::uuid[],
        array(select (decode(address_key, 'base64'), decode(envelope, 'base64'))::former_farewell
                from unnest(${it.formerFarewells.map(({ addressKey }) => addressKey.toString('base64'))}::text[],
                            ${it.formerFarewells.map(({ envelope }) => envelope.toString('base64'))}::text[])
                  as farewell (address_key, envelope)))
  `;
  if (row === undefined) throw new Error('a function call returned no row');
  const counts = row.counts ?? [];
  const erased = (row.classes ?? []).map((name, at) => ({ class: name, count: counts[at] ?? 0 }));
  return { outcome: row.outcome, erased: erased.filter(({ count }) => count > 0) };
}

/** Whether no account has this commitment, so that the one it was made for is gone. */
export async function commitmentIsAbsent(sql: Sql, commitment: Uint8Array): Promise<boolean> {
  const [row] = await sql<{ absent: boolean }[]>`
    select not exists (
      select from account where deletion_commitment = ${commitment}::bytea) as absent -- not null: it tells whether
  `;
  return row?.absent ?? false;
}

/** Up to `limit` accounts whose users chose a time that has come, the longest overdue first, but for those passed over. */
export async function findDueDeletions(
  sql: Sql,
  passedOver: readonly string[],
  limit: number,
): Promise<readonly string[]> {
  const rows = await sql<{ id: string }[]>`
    select id
      from account
     where deletion_effective_at <= (select clock_timestamp())
       and id <> all (${passedOver}::uuid[])
     order by deletion_effective_at
     limit ${limit}::int
  `;
  return rows.map(({ id }) => id);
}

/** A user wants the account deleted some days later. */
export interface DeletionRequest {
  readonly accountId: string;
  readonly sessionId: string;
  readonly afterDays: number;
  readonly idempotencyScope: Uint8Array | null;
  readonly fingerprint: Uint8Array | null;
  readonly requestId: string;
  readonly sealedDetails: Uint8Array | null;
  /** The address to write to; null: there is none. */
  readonly email: string | null;
  readonly addressKey: Uint8Array | null;
  readonly envelope: Uint8Array | null;
}

/**
 * How it ended. `conflict`: the idempotency key was used for another request. `moved`: the account has another address than
 * the letter was written for; write another one.
 */
export interface ScheduledDeletion {
  readonly outcome: 'scheduled' | 'scheduled_already' | 'session_over' | 'frozen' | 'last_admin' | 'conflict' | 'moved';
  /** Only of `scheduled`. */
  readonly effectiveAt: Date | null;
}

/** Notes when the account is to be erased, and tells its owner by a letter. */
export async function scheduleDeletion(sql: Sql, it: DeletionRequest): Promise<ScheduledDeletion> {
  const [row] = await sql<ScheduledDeletion[]>`
    select outcome, -- not null: every path returns one
           effective_at as "effectiveAt"
      from schedule_deletion(
        ${it.accountId}::uuid, ${it.sessionId}::uuid, ${it.afterDays}::int, ${it.idempotencyScope}::bytea,
        ${it.fingerprint}::bytea, ${it.requestId}, ${it.sealedDetails}::bytea, ${it.email}, ${it.addressKey}::bytea,
        ${it.envelope}::bytea)
  `;
  if (row === undefined) throw new Error('a function call returned no row');
  return row;
}

/** Takes a scheduled deletion back, if there is one; false: the session that asks is over. */
export async function cancelDeletion(
  sql: Sql,
  accountId: string,
  sessionId: string,
  act: { readonly requestId: string; readonly sealedDetails: Uint8Array | null },
): Promise<boolean> {
  const [row] = await sql<{ done: boolean }[]>`
    select cancel_deletion(
      ${accountId}::uuid, ${sessionId}::uuid, ${act.requestId}, ${act.sealedDetails}::bytea) as done -- not null: every path returns one
  `;
  return row?.done ?? false;
}

/** When the account is to be erased; null: nobody wants it. */
export async function findScheduledDeletion(sql: Sql, accountId: string): Promise<Date | null> {
  const [row] = await sql<{ effectiveAt: Date | null }[]>`
    select deletion_effective_at as "effectiveAt" from account where id = ${accountId}::uuid
  `;
  return row?.effectiveAt ?? null;
}
