import { IsString, MaxLength } from 'class-validator';

import { WellFormed } from '#platform/http/well-formed';

/** A security notice tells of something that its reader did not do. */
export class NotMeDto {
  /** From the link in the notice. */
  @IsString()
  @MaxLength(512)
  @WellFormed()
  token!: string;
}
