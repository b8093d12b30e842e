import { ApiPropertyOptional } from '@nestjs/swagger';
import { ArrayUnique, IsArray, IsIn, IsOptional, IsString, Matches, MaxLength } from 'class-validator';

import { LOCALE_PATTERN } from '#domain/locale';
import { USERNAME_PATTERN } from '#domain/username';
import { ADMIN } from '#platform/http/bearer';
import { DisplayName } from '#platform/http/profile-rules';

/** A merge patch (RFC 7396) by an administrator: fields that it does not name stay as they are, null takes one back. */
export class ChangeUserDto {
  /** A name to log in with in place of the address, which nobody else has. */
  @ApiPropertyOptional({ pattern: USERNAME_PATTERN.source })
  @IsOptional()
  @IsString()
  @Matches(USERNAME_PATTERN)
  username?: string | null;

  /** How applications call the user: 1 to 100 characters of one line. White space around it is left out. */
  @IsOptional()
  @IsString()
  @DisplayName()
  display_name?: string | null;

  /** Language tag (BCP 47) that letters and applications go by. */
  @IsOptional()
  @IsString()
  @MaxLength(16)
  @Matches(LOCALE_PATTERN)
  locale?: string | null;

  /** All roles that the user has from now on: `admin`, or none. */
  @ApiPropertyOptional({ type: 'array', nullable: true, items: { type: 'string', enum: [ADMIN] } })
  @IsOptional()
  @IsArray()
  @ArrayUnique()
  @IsIn([ADMIN], { each: true })
  roles?: string[] | null;
}
