import { IsString } from 'class-validator';

import { ACCOUNT_TOKEN_SECONDS } from '#domain/account-token';
import { EMAIL_CHANGE } from '#domain/email-change';
import { WellFormed } from '#platform/http/well-formed';

/** A user wants another address. */
export class RequestEmailChangeDto {
  /**
   * The address to prove, as at a registration.
   * @example 'ada@example.net'
   */
  @IsString()
  @WellFormed()
  new_email!: string;
}

/** How long the code of a change is. */
export class EmailChangeCode {
  length!: number;
}

/** What happens next; the same for every address. */
export class EmailChangeRequested {
  /** Seconds until the code is worth nothing. */
  expires_in!: number;
  /** Codes that are judged. */
  max_attempts!: number;
  /** If nobody has the address, a code was mailed to it. */
  code!: EmailChangeCode;
  /** Seconds for which the former address can take the change back, once it is made. */
  revertible_for!: number;
}

/** The constant answer to a request for a change. */
export const EMAIL_CHANGE_REQUESTED: EmailChangeRequested = {
  expires_in: EMAIL_CHANGE.seconds,
  max_attempts: EMAIL_CHANGE.tries,
  code: { length: EMAIL_CHANGE.codeLength },
  revertible_for: ACCOUNT_TOKEN_SECONDS.email_change_revert,
};
