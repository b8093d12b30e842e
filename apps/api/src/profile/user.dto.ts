import type { ActivatedAccount } from '#data/claim';

/** A user, as users see themselves. What is not asked for at the registration is null until they say it, and again when they take it back. */
export class User {
  /** @format uuid */
  id!: string;
  /** Proven to be theirs. Null: the account has no address. */
  email!: string | null;
  /** A name to log in with in place of the address. */
  username!: string | null;
  /** How applications call the user. Troth shows it to nobody else. */
  display_name!: string | null;
  /**
   * Calendar day. For applications that have to know an age; Troth does nothing with it.
   * @format date
   */
  birthdate!: string | null;
  /** Language tag (BCP 47) that letters and applications go by. */
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
