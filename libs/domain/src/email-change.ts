/** The rules of a change of address. The functions of the database hold the same numbers; a test compares them. */
export const EMAIL_CHANGE = {
  /** Seconds for which the code is good. */
  seconds: 15 * 60,
  /** Codes that are judged: the last wrong one ends the change. */
  tries: 3,
  /** Digits of the code. */
  codeLength: 8,
} as const;
