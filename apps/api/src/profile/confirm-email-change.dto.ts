import { Matches } from 'class-validator';

import { CODE_PATTERN } from '#domain/code';

/** A user has the code from the letter to the new address. */
export class ConfirmEmailChangeDto {
  /**
   * The eight digits in the newest letter.
   * @example '47114711'
   */
  @Matches(CODE_PATTERN)
  code!: string;
}
