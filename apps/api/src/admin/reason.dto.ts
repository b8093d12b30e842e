import { IsOptional, IsString, Matches, MaxLength } from 'class-validator';

import { WellFormed } from '#platform/http/well-formed';

/** How long a reason may be. */
const LONGEST_REASON = 500;

/** An administrator suspends an account. */
export class SuspendUserDto {
  /** Why, in words that the user may read: they stand among the account's own activity. */
  @IsString()
  @MaxLength(LONGEST_REASON)
  @WellFormed()
  @Matches(/\S/, { message: 'reason must say something' })
  reason!: string;
}

/** An administrator ends a suspension, or the sessions of an account. The body may be left out. */
export class OptionalReasonDto {
  /** Why, in words that the user may read. */
  @IsOptional()
  @IsString()
  @MaxLength(LONGEST_REASON)
  @WellFormed()
  @Matches(/\S/, { message: 'reason must say something' })
  reason?: string | null;
}

/** What is written of it. */
export function reasonOf({ reason }: OptionalReasonDto): { readonly reason?: string } {
  return typeof reason === 'string' ? { reason } : {};
}
