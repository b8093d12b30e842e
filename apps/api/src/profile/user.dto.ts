import type { ActivatedAccount } from '#data/claim';

/** A user, as users see themselves. */
export class User {
  /** @format uuid */
  id!: string;
  /** Null: the account has no address. */
  email!: string | null;
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

/** The user that an account and its address make. */
export function userOf(email: string | null, account: ActivatedAccount): User {
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
