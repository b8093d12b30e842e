import type { Sql } from './database.ts';

/** What a letter is about. */
export type LetterKind =
  | 'registration_code'
  | 'already_registered'
  | 'session_reused'
  | 'password_reset'
  | 'password_changed'
  | 'email_change_code'
  | 'email_changed'
  | 'deletion_scheduled'
  | 'account_deleted';

/** A letter that this process has the lease of. */
export interface LeasedLetter {
  readonly id: string;
  readonly kind: LetterKind;
  /** Recipient and locale, sealed. */
  readonly envelope: Uint8Array;
  readonly addressKey: Uint8Array;
  readonly claimId: string | null;
  /** The change of address whose code it brings; null in other letters. */
  readonly changeId: string | null;
  /** Which key derives the code of its claim or change. */
  readonly keyId: string | null;
  readonly codeLength: number | null;
  /** The token of its link, the account that it belongs to, and that account's language; null without a token. */
  readonly tokenId: string | null;
  readonly accountId: string | null;
  readonly accountLocale: string | null;
  /** When that account is to be deleted; null: nobody wants it, or no longer. */
  readonly accountDeletionAt: Date | null;
  /** Day the letter was written, in days since 1970: the day of issue of its owner token. */
  readonly issuedDay: number;
  /** Attempts with this one. */
  readonly attempts: number;
  /** Milliseconds since the letter was written, at the moment of the lease. */
  readonly ageMs: number;
  /** Milliseconds until it must not be sent any more, at the moment of the lease. */
  readonly windowLeftMs: number;
}

/** Closed letters that one lease drops at most: more than close between two looks, few enough to cost it nothing. */
const CLOSED_AT_ONCE = 100;

/**
 * Takes up to `limit` due letters for ten seconds; whoever dies with them gives them back by that. Letters whose window
 * has closed are dropped on the way, so that they go with the purge job off too.
 */
export async function leaseLetters(sql: Sql, limit: number): Promise<readonly LeasedLetter[]> {
  return sql<LeasedLetter[]>`
    with closed as (
      delete from letter
       where id = any (array(
               select id from letter
                where window_closes_at <= (select clock_timestamp())
                order by window_closes_at
                limit ${CLOSED_AT_ONCE}::int
                  for update skip locked)))
    update letter
       set due_at = clock_timestamp() + interval '10 seconds', attempts = attempts + 1
     where id = any (array(
             select id from letter
              where due_at <= (select clock_timestamp()) and window_closes_at > (select clock_timestamp())
              order by due_at
              limit ${limit}::int
                for update skip locked))
    returning id,
              kind,
              envelope,
              address_key as "addressKey",
              claim_id as "claimId",
              change_id as "changeId",
              coalesce(claim_key_id, (select key_id from email_change where email_change.id = letter.change_id)) as "keyId",
              code_length as "codeLength",
              token_id as "tokenId",
              (select account_id from account_token where account_token.id = letter.token_id) as "accountId",
              (select locale from account_token join account on account.id = account_token.account_id
                where account_token.id = letter.token_id) as "accountLocale",
              (select deletion_effective_at from account_token join account on account.id = account_token.account_id
                where account_token.id = letter.token_id) as "accountDeletionAt",
              floor(extract(epoch from written_at) / 86400)::int as "issuedDay", -- not null: computed from columns that are not
              attempts,
              (extract(epoch from clock_timestamp() - written_at) * 1000)::int as "ageMs", -- not null: as above
              (extract(epoch from window_closes_at - clock_timestamp()) * 1000)::int as "windowLeftMs" -- not null: as above
  `;
}

/**
 * Forgets letters: they were sent, or never can be. It waits for nobody: a letter that somebody else drops at the moment
 * goes by that, or once more after its lease.
 */
export async function removeLetters(sql: Sql, ids: readonly string[]): Promise<void> {
  await sql<never[]>`
    delete from letter
     where id = any (array(
             select id from letter
              where id = any (${ids}::uuid[])
                for update skip locked))
  `;
}

/** Gives a letter back, to be tried again after a pause. */
export async function postponeLetter(sql: Sql, id: string, pauseSeconds: number): Promise<void> {
  await sql<never[]>`
    update letter
       set due_at = clock_timestamp() + make_interval(secs => ${pauseSeconds}::double precision)
     where id = ${id}::uuid
  `;
}
