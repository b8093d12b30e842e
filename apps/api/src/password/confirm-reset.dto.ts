import { IsString, MaxLength } from 'class-validator';

import { WellFormed } from '#platform/http/well-formed';

/** Somebody opened the link of a reset and chose a new password. */
export class ConfirmResetDto {
  /** From the link in the newest letter. */
  @IsString()
  @MaxLength(512)
  @WellFormed()
  token!: string;

  /** 9 to 256 characters (15 in the strict profile), any of them, but no common password and not the address. */
  @IsString()
  @WellFormed()
  new_password!: string;
}
