import type { AccountAct } from './account-token.ts';
import type { Sql } from './database.ts';
import { judgedAccountOf, type JudgedAccount, type JudgedAccountRow } from './user-record.ts';

/** The user of a session wants another address. */
export interface EmailChangeRequest {
  readonly accountId: string;
  readonly sessionId: string;
  /** What the account's changes are counted by. */
  readonly accountKey: Uint8Array;
  /** The address that is wanted, its key, and the same sealed for the account. */
  readonly email: string;
  readonly addressKey: Uint8Array;
  readonly sealedAddress: Uint8Array;
  /** Which key derives the code. */
  readonly keyId: string;
  readonly envelope: Uint8Array;
  readonly requestId: string;
  readonly sealedDetails: Uint8Array | null;
}

/** How it ended. `mailed`, `taken` and `over_quota` are answered alike. */
export interface EmailChangeRequested {
  readonly outcome: 'mailed' | 'taken' | 'over_quota' | 'over_limit' | 'frozen' | 'session_over';
  /** Seconds until another change may be asked for; only of `over_limit`. */
  readonly retryAfter: number | null;
}

/** Makes a change that waits for its code, in the place of the one before, and mails the code where nobody has the address. */
export async function requestEmailChange(sql: Sql, it: EmailChangeRequest): Promise<EmailChangeRequested> {
  const [row] = await sql<EmailChangeRequested[]>`
    select outcome, -- not null: every path returns one
           retry_after as "retryAfter"
      from request_email_change(
        ${it.accountId}::uuid, ${it.sessionId}::uuid, ${it.accountKey}::bytea, ${it.email}, ${it.addressKey}::bytea,
        ${it.keyId}, ${it.sealedAddress}::bytea, ${it.envelope}::bytea, ${it.requestId}, ${it.sealedDetails}::bytea)
  `;
  if (row === undefined) throw new Error('a function call returned no row');
  return row;
}

/** A change that waits for its code. */
export interface PendingEmailChange {
  readonly changeId: string;
  /** Which key derives the code. */
  readonly keyId: string;
  readonly sealedAddress: Uint8Array;
}

/** The change of an account that waits for its code. Absent: none, or its time is over. */
export async function findEmailChange(sql: Sql, accountId: string): Promise<PendingEmailChange | undefined> {
  const [change] = await sql<PendingEmailChange[]>`
    select id as "changeId",
           key_id as "keyId",
           sealed_address as "sealedAddress"
      from email_change
     where account_id = ${accountId}::uuid and expires_at > clock_timestamp()
  `;
  return change;
}

/** A code was shown. `addressKey` and `envelope` are for the letter to the former address. */
export interface EmailChangeAttempt extends AccountAct {
  readonly accountId: string;
  readonly sessionId: string;
  readonly accountKey: Uint8Array;
  readonly changeId: string;
  readonly codeIsRight: boolean;
  /** The address of the change, and its key. */
  readonly email: string;
  readonly emailKey: Uint8Array;
  /** The address that the account has, and the same sealed for it; null: none. */
  readonly formerEmail: string | null;
  readonly sealedFormer: Uint8Array | null;
}

/** Judges the code under the locks, by the database's clock, and gives the account its new address. */
export async function confirmEmailChange(sql: Sql, it: EmailChangeAttempt): Promise<JudgedAccount<string>> {
  const [row] = await sql<JudgedAccountRow<string>[]>`
    select outcome, -- not null: every path returns one
           (account).account_id as "accountId",
           (account).email as email,
           (account).username as username,
           (account).display_name as "displayName",
           (account).birthdate as birthdate,
           (account).locale as locale,
           (account).roles as roles,
           (account).mfa_enabled as "mfaEnabled",
           (account).created_at as "createdAt",
           (account).updated_at as "updatedAt",
           (account).revision as revision
      from confirm_email_change(
        ${it.accountId}::uuid, ${it.sessionId}::uuid, ${it.accountKey}::bytea, ${it.changeId}::uuid,
        ${it.codeIsRight}::boolean, ${it.email}, ${it.emailKey}::bytea, ${it.formerEmail}, ${it.addressKey}::bytea,
        ${it.sealedFormer}::bytea, ${it.envelope}::bytea, ${it.requestId}, ${it.sealedDetails}::bytea)
  `;
  return judgedAccountOf(row);
}

/** Forgets the change of an account that waits for its code, with its letter, if there is one; false: the session that asks is over. */
export async function cancelEmailChange(sql: Sql, accountId: string, sessionId: string): Promise<boolean> {
  const [row] = await sql<{ done: boolean }[]>`
    select cancel_email_change(${accountId}::uuid, ${sessionId}::uuid) as done -- not null: every path returns one
  `;
  return row?.done ?? false;
}

/** Somebody who reads the mail of the former address takes a change back. */
export interface EmailChangeRevert {
  readonly accountId: string;
  readonly tokenId: string;
  readonly accountKey: Uint8Array;
  /** The address that is restored, its key, and the envelope of a letter to it. */
  readonly email: string;
  readonly addressKey: Uint8Array;
  readonly envelope: Uint8Array;
  readonly requestId: string;
  readonly sealedDetails: Uint8Array | null;
}

/** Restores the address, ends what was opened without it, and mails a reset. `taken`: somebody else has the address now. */
export async function revertEmailChange(sql: Sql, it: EmailChangeRevert): Promise<'reverted' | 'taken' | 'over'> {
  const [row] = await sql<{ outcome: 'reverted' | 'taken' | 'over' }[]>`
    select revert_email_change(
      ${it.accountId}::uuid, ${it.tokenId}::uuid, ${it.accountKey}::bytea, ${it.email}, ${it.addressKey}::bytea,
      ${it.envelope}::bytea, ${it.requestId}, ${it.sealedDetails}::bytea) as outcome -- not null: every path returns one
  `;
  if (row === undefined) throw new Error('a function call returned no row');
  return row.outcome;
}
