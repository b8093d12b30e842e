import { IsInt, IsString, Max, MaxLength, Min } from 'class-validator';

import { LONGEST_MUTE_DAYS } from '#domain/quota';
import { WellFormed } from '#platform/http/well-formed';

/** The owner of a mailbox wants no letters of registration. */
export class MuteRegistrationDto {
  /** From a letter to the address, at most 7 days old; to end a mute, as old as 37 days. */
  @IsString()
  @MaxLength(512)
  @WellFormed()
  owner_token!: string;

  /** For how many days; 0 ends it. */
  @IsInt()
  @Min(0)
  @Max(LONGEST_MUTE_DAYS)
  days!: number;
}
