import { IsOptional, IsString } from 'class-validator';

import { WellFormed } from '#platform/http/well-formed';

/** A user wants another password. */
export class ChangePasswordDto {
  /** If it is sent, it has to be right; without it the recent authentication of the session is enough. */
  @IsOptional()
  @IsString()
  @WellFormed()
  current_password?: string | null;

  /** 9 to 256 characters (15 in the strict profile), any of them, but no common password and not the address. */
  @IsString()
  @WellFormed()
  new_password!: string;
}
