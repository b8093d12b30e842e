import { ApiProperty } from '@nestjs/swagger';
import { IsBoolean, IsOptional, IsString, Matches, MaxLength } from 'class-validator';

import { CODE_PATTERN } from '#domain/code';
import { WellFormed } from '#platform/http/well-formed';

import { User } from '../profile/user.dto.ts';
import { LoginResponse } from '../sessions/token-response.dto.ts';

/** The claimant sends the code from the letter. */
export class ActivateDto {
  /**
   * The digits from the letter.
   * @example '4711'
   */
  @ApiProperty({ pattern: CODE_PATTERN.source })
  @IsString()
  @Matches(CODE_PATTERN)
  code!: string;

  /** Whether to log in at once. */
  @IsOptional()
  @IsBoolean()
  create_session?: boolean | null;

  /** How the list of sessions calls this device, up to 100 characters. */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @WellFormed()
  device_name?: string | null;
}

/** The claim became an account. */
export class Activated {
  user!: User;
  /** The tokens, if `create_session` was asked for; a code that is sent again opens no second session. */
  session?: LoginResponse;
}
