import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';

import { LOCALE_PATTERN } from '#domain/locale';
import { USERNAME_PATTERN } from '#domain/username';
import { Birthdate, DisplayName } from '#platform/http/profile-rules';

/** A merge patch (RFC 7396): fields that it does not name stay as they are, null takes one back. Every field is optional. */
export class ChangeProfileDto {
  /** A name to log in with in place of the address, which nobody else has. */
  @ApiPropertyOptional({ pattern: USERNAME_PATTERN.source })
  @IsOptional()
  @IsString()
  @Matches(USERNAME_PATTERN)
  username?: string | null;

  /**
   * How applications call the user: 1 to 100 characters of one line. White space around it is left out.
   * @example 'Ada Lovelace'
   */
  @IsOptional()
  @IsString()
  @DisplayName()
  display_name?: string | null;

  /**
   * Calendar day from 1900 on. For applications that have to know an age; Troth does nothing with it.
   * @format date
   */
  @IsOptional()
  @IsString()
  @Birthdate()
  birthdate?: string | null;

  /**
   * Language tag (BCP 47) that letters and applications go by.
   * @example 'en'
   */
  @IsOptional()
  @IsString()
  @MaxLength(16)
  @Matches(LOCALE_PATTERN)
  locale?: string | null;
}
