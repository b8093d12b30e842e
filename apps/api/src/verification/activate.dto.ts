import { ApiProperty } from '@nestjs/swagger';
import { IsString, Matches } from 'class-validator';

import type { ActivatedAccount } from '#data/claim';
import { CODE_PATTERN } from '#domain/code';

/** The claimant sends the code from the letter. */
export class ActivateDto {
  /**
   * The digits from the letter.
   * @example '4711'
   */
  @ApiProperty({ pattern: CODE_PATTERN.source })
  @IsString()
  @Matches(CODE_PATTERN)
  code!: string;
}

/** A user, as users see themselves. */
export class User {
  /** @format uuid */
  id!: string;
  email!: string;
  username!: string | null;
  display_name!: string | null;
  /**
   * Calendar day.
   * @format date
   */
  birthdate!: string | null;
  /** Language tag (BCP 47). */
  locale!: string | null;
  roles!: string[];
  /** Whether a second factor is asked for at log-in. */
  mfa_enabled!: boolean;
  /** @format date-time */
  created_at!: string;
  /** @format date-time */
  updated_at!: string;
}

/** The claim became an account. */
export class Activated {
  user!: User;
}

/** The user that an account and its address make. */
export function userOf(email: string, account: ActivatedAccount): User {
  return {
    id: account.accountId,
    email,
    username: account.username,
    display_name: account.displayName,
    birthdate: account.birthdate,
    locale: account.locale,
    roles: [...account.roles],
    mfa_enabled: account.mfaEnabled,
    created_at: account.createdAt.toISOString(),
    updated_at: account.updatedAt.toISOString(),
  };
}
