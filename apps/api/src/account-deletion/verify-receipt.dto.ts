import { IsString, MaxLength } from 'class-validator';

import { WellFormed } from '#platform/http/well-formed';

/** Somebody has a receipt. */
export class VerifyReceiptDto {
  /** As it was answered or mailed. */
  @IsString()
  @MaxLength(2_048)
  @WellFormed()
  receipt!: string;
}

/** What a receipt is worth. */
export class VerifiedReceipt {
  /** Whether this service signed it. */
  valid!: boolean;
  /** Whether the account is gone that it was signed for; false as well for a receipt that is not valid. */
  account_absent!: boolean;
}
