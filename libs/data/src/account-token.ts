import type { AccountTokenPurpose } from '#domain/account-token';

import type { Sql } from './database.ts';

/** Whose account a token in a letter opens, as far as it is good. */
export interface TokenAccount {
  readonly accountId: string;
  /** Null: the account has no address any more. */
  readonly email: string | null;
  readonly locale: string | null;
  /** The key of the account's audit details, wrapped. */
  readonly wrappedKey: Uint8Array;
  /** The former address that the token restores, sealed for the account; null: it is for something else. */
  readonly sealedAddress: Uint8Array | null;
}

/** The account of a token that is neither used nor followed nor too old. Its MAC is for the caller to judge. */
export async function findTokenAccount(
  sql: Sql,
  tokenId: string,
  purpose: AccountTokenPurpose,
): Promise<TokenAccount | undefined> {
  const [account] = await sql<TokenAccount[]>`
    select account.id as "accountId",
           (select email from address where address.account_id = account.id) as email,
           account.locale,
           audit_subject.wrapped_key as "wrappedKey",
           account_token.sealed_address as "sealedAddress"
      from account_token
      join account on account.id = account_token.account_id
      join audit_subject on audit_subject.id = account.subject_id
     where account_token.id = ${tokenId}::uuid
       and account_token.purpose = ${purpose}
       and account_token.expires_at > clock_timestamp()
  `;
  return account;
}

/** What is written with an act on an account: the audit event, and a letter to its address. */
export interface AccountAct {
  readonly requestId: string;
  readonly sealedDetails: Uint8Array | null;
  /** Null: there is no address to write to. */
  readonly addressKey: Uint8Array | null;
  readonly envelope: Uint8Array | null;
}

/** A new password of somebody who had forgotten theirs. */
export interface PasswordReset extends AccountAct {
  readonly phc: string;
  /** The budgets of failed log-ins that begin anew: that of the address, and that of the source which resets. */
  readonly addressBudget: Uint8Array;
  readonly sourceBudget: Uint8Array;
}

/** Uses a reset token up: the password is a new one, and no session and no device token is left. False: it is not good. */
export async function resetPassword(sql: Sql, tokenId: string, reset: PasswordReset): Promise<boolean> {
  const [row] = await sql<{ done: boolean }[]>`
    select reset_password(
      ${tokenId}::uuid, ${reset.phc}, array[${reset.addressBudget}::bytea, ${reset.sourceBudget}::bytea],
      ${reset.requestId}, ${reset.sealedDetails}::bytea, ${reset.addressKey}::bytea, ${reset.envelope}::bytea
    ) as done -- not null: every path returns one
  `;
  return row?.done ?? false;
}

/** Uses a token of a notice up: sessions end, changes are frozen, and a reset is mailed. False: it is not good. */
export async function disownChange(sql: Sql, tokenId: string, act: AccountAct): Promise<boolean> {
  const [row] = await sql<{ done: boolean }[]>`
    select disown_change(
      ${tokenId}::uuid, ${act.requestId}, ${act.sealedDetails}::bytea, ${act.addressKey}::bytea,
      ${act.envelope}::bytea) as done -- not null: every path returns one
  `;
  return row?.done ?? false;
}
