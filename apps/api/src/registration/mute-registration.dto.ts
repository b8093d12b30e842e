import { IsInt, IsString, Max, MaxLength, Min } from 'class-validator';

import { WellFormed } from '#platform/http/well-formed';

/** The owner of a mailbox wants no letters of registration. */
export class MuteRegistrationDto {
  /** From a letter to the address. */
  @IsString()
  @MaxLength(512)
  @WellFormed()
  owner_token!: string;

  /** For how many days; 0 ends it. */
  @IsInt()
  @Min(0)
  @Max(30)
  days!: number;
}
