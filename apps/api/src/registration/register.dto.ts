import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';

import { LOCALE_PATTERN } from '#domain/locale';
import { USERNAME_PATTERN } from '#domain/username';
import { WellFormed } from '#platform/http/well-formed';

/** Someone claims an e-mail address. */
export class RegisterDto {
  /**
   * The address to prove: ASCII, at most 254 characters, an international domain as A-labels. Case and white space
   * around it make no difference.
   * @example 'ada@example.com'
   */
  @IsString()
  @WellFormed()
  email!: string;

  /** 9 to 256 characters (15 in the strict profile), any of them, but no common password and not the address. */
  @IsString()
  @WellFormed()
  password!: string;

  /** A name to log in with, set at activation if it is free by then. */
  @ApiPropertyOptional({ pattern: USERNAME_PATTERN.source })
  @IsOptional()
  @IsString()
  @Matches(USERNAME_PATTERN)
  username?: string | null;

  /**
   * Language tag (BCP 47) for the letters.
   * @example 'en'
   */
  @IsOptional()
  @IsString()
  @MaxLength(16)
  @Matches(LOCALE_PATTERN)
  locale?: string | null;

  /** From a letter to the address: its owner's claim takes the place of anybody else's. Ignored when not valid. */
  @IsOptional()
  @IsString()
  @MaxLength(512)
  @WellFormed()
  owner_token?: string | null;
}
