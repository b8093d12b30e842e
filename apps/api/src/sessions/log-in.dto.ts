import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, IsString, MaxLength } from 'class-validator';

import { WellFormed } from '#platform/http/well-formed';

/** Somebody logs in, by address or by user name. */
export class LogInDto {
  /**
   * The address of the account; either this or `username`.
   * @example 'ada@example.com'
   */
  @IsOptional()
  @IsString()
  @WellFormed()
  email?: string | null;

  /** The user name of the account; either this or `email`. */
  @IsOptional()
  @IsString()
  @WellFormed()
  username?: string | null;

  @IsString()
  @WellFormed()
  password!: string;

  /**
   * How the list of sessions calls this device, up to 100 characters.
   * @example 'Pixel 9'
   */
  @IsOptional()
  @IsString()
  @MaxLength(100)
  @WellFormed()
  device_name?: string | null;

  /** From an earlier log-in on this device. Ignored when it is not valid for the account. */
  @ApiPropertyOptional({ maxLength: 2048 })
  @IsOptional()
  @IsString()
  @MaxLength(2_048)
  @WellFormed()
  device_token?: string | null;
}
