/** What a link in a letter to an account lets its reader do. */
export type AccountTokenPurpose = 'password_reset' | 'not_me' | 'email_change_revert';

/** Seconds for which such a link is good. The functions of the database hold the same numbers; a test compares them. */
export const ACCOUNT_TOKEN_SECONDS: Readonly<Record<AccountTokenPurpose, number>> = {
  password_reset: 30 * 60,
  not_me: 7 * 86_400,
  email_change_revert: 7 * 86_400,
};

/** Hours for which what an account proves itself by cannot be changed after its owner disowned a change, or took one back. */
export const FROZEN_HOURS = 24;
