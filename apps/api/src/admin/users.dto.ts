import { IsIn, IsOptional, IsString, MaxLength } from 'class-validator';

import type { AdministeredUser, UserStatus } from '#data/admin';
import { PageQuery } from '#platform/http/page-query.dto';
import { WellFormed } from '#platform/http/well-formed';

import { User, userOf } from '../profile/user.dto.ts';

/** Which users an administrator looks for. */
export class UsersQuery extends PageQuery {
  /**
   * The whole address, in any spelling that means it.
   * @example 'ada@example.com'
   */
  @IsOptional()
  @IsString()
  @MaxLength(1_024)
  @WellFormed()
  email?: string;

  /** `suspended` and `deletion_scheduled` may both be so; `active` is neither. */
  @IsOptional()
  @IsIn(['active', 'suspended', 'deletion_scheduled'])
  status?: UserStatus;
}

/** A user, as administrators see them. */
export class UserDetails extends User {
  /**
   * Since when the account is suspended.
   * @format date-time
   */
  suspended_at!: string | null;
  /**
   * When the account will be erased.
   * @format date-time
   */
  deletion_effective_at!: string | null;
  /**
   * Until then the address and what the account proves itself by cannot be changed.
   * @format date-time
   */
  changes_frozen_until!: string | null;
  /** How many sessions are alive. */
  sessions!: number;
}

/** A page of users, the newest first. */
export class UserPage {
  data!: UserDetails[];
  /** What `cursor` has to be for the next page; null: this is the last one. */
  next_cursor!: string | null;
}

/** The user that an administrator is shown. */
export function detailsOf(user: AdministeredUser): UserDetails {
  return Object.assign(userOf(user.email, user), {
    suspended_at: user.suspendedAt?.toISOString() ?? null,
    deletion_effective_at: user.deletionEffectiveAt?.toISOString() ?? null,
    changes_frozen_until: user.changesFrozenUntil?.toISOString() ?? null,
    sessions: user.sessions,
  });
}
