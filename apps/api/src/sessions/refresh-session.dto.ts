import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';

import { WellFormed } from '#platform/http/well-formed';

/** Somebody wants the next tokens of a session. */
export class RefreshSessionDto {
  /** The refresh token that was issued last. Without it, that of the cookie is taken. */
  @ApiPropertyOptional({ maxLength: 2048 })
  @IsOptional()
  @IsString()
  @MaxLength(2_048)
  @WellFormed()
  refresh_token?: string | null;
}
