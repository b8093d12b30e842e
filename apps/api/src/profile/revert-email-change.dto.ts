import { IsString, MaxLength } from 'class-validator';

import { WellFormed } from '#platform/http/well-formed';

/** Somebody reads the letter that tells the former address of a change. */
export class RevertEmailChangeDto {
  /** From the link in the letter. */
  @IsString()
  @MaxLength(512)
  @WellFormed()
  token!: string;
}
