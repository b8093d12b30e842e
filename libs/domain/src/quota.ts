/** Quotas of one address, counted in the database. The functions there hold the same numbers; a test compares them. */
export const ADDRESS_QUOTAS = {
  /** Letters of registration with resends, but for claims that were made with an owner token. */
  registration_letters: { perHour: 10, perDay: 20 },
  /** Registrations with an owner token, and resends of the claims they made. */
  owner_token: { perHour: 5, perDay: 5 },
  /** Notices to an active address that somebody registers again. */
  already_registered: { perHour: 1, perDay: 1 },
  /** Notices that a session was ended because its refresh token was used twice: identical ones merge within an hour. */
  session_reused: { perHour: 1, perDay: 24 },
  /** Letters that reset a password, but for those that were asked for with an owner token. */
  reset_letters: { perHour: 5, perDay: 10 },
  /** The same, asked for with an owner token. */
  reset_owner_token: { perHour: 5, perDay: 5 },
  /** Notices that a password was set: identical ones merge within an hour. */
  password_changed: { perHour: 1, perDay: 24 },
  /** Changes of address that one account asks for. Its key is of the account, not of an address. */
  email_changes: { perHour: 5, perDay: 5 },
  /** Letters with a code to an address that an account wants to have. */
  email_change_letters: { perHour: 5, perDay: 10 },
  /** Notices that the account is going to be deleted: no two of them name the same moment. */
  deletion_scheduled: { perHour: 24, perDay: 24 },
} as const;

/** Days for which an owner token is valid at least: its day of issue does not count. */
export const OWNER_TOKEN_DAYS = 7;

/** Days for which letters of registration are muted at most; for as long more an owner token may end a mute. */
export const LONGEST_MUTE_DAYS = 30;

/** Seconds after an activation in which the same code is answered with the same account. */
export const REPLAY_SECONDS = 60;
