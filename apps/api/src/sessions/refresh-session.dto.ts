import { ApiProperty } from '@nestjs/swagger';
import { IsString, MaxLength } from 'class-validator';

import { WellFormed } from '#platform/http/well-formed';

/** Somebody wants the next tokens of a session. */
export class RefreshSessionDto {
  /** The refresh token that was issued last. */
  @ApiProperty({ maxLength: 2048 })
  @IsString()
  @MaxLength(2_048)
  @WellFormed()
  refresh_token!: string;
}
