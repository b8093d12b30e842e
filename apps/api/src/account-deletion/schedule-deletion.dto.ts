import { IsInt, Max, Min } from 'class-validator';

import { DEFERRED_DAYS } from '#domain/retention';

/** A user leaves, but not yet. */
export class ScheduleDeletionDto {
  /** Days until the account is erased, 1 to 30. Until then everything works, and the deletion can be taken back. */
  @IsInt()
  @Min(DEFERRED_DAYS.least)
  @Max(DEFERRED_DAYS.most)
  after_days!: number;
}

/** A deletion that is to come. */
export class ScheduledDeletion {
  /**
   * When the account is erased.
   * @format date-time
   */
  effective_at!: string;
}
