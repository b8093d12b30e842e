import { IsOptional, IsString, MaxLength } from 'class-validator';

import { ACCOUNT_TOKEN_SECONDS } from '#domain/account-token';
import { WellFormed } from '#platform/http/well-formed';

/** Somebody forgot their password. */
export class RequestResetDto {
  /**
   * The address of the account.
   * @example 'ada@example.com'
   */
  @IsString()
  @WellFormed()
  email!: string;

  /** From a letter to the address: what strangers asked for does not count against its owner. Ignored when not valid. */
  @IsOptional()
  @IsString()
  @MaxLength(512)
  @WellFormed()
  owner_token?: string | null;
}

/** What happens next; the same for every address. */
export class ResetRequested {
  /** If there is an account, a link was mailed to it. */
  status!: 'reset_requested';
  /** Seconds until the link is worth nothing. */
  expires_in!: number;
}

/** The constant answer to a request for a reset. */
export const RESET_REQUESTED: ResetRequested = {
  status: 'reset_requested',
  expires_in: ACCOUNT_TOKEN_SECONDS.password_reset,
};
