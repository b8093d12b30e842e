import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsOptional, Matches, MaxLength } from 'class-validator';

/** Entries of a page when nobody asks for another number. */
export const USUAL_LIMIT = 20;

/** Which page of a list is wanted. */
export class PageQuery {
  /** How many entries at most. */
  @ApiPropertyOptional({ type: 'integer', minimum: 1, maximum: 100, default: USUAL_LIMIT })
  @IsOptional()
  @Matches(/^(?:[1-9]\d?|100)$/, { message: 'limit must be a whole number from 1 to 100' })
  limit?: string;

  /** `next_cursor` of the page before; without it, the first page. */
  @IsOptional()
  @MaxLength(64)
  cursor?: string;
}
