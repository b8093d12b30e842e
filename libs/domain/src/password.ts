/** Why a password is refused, in the words of the API's field errors. */
export type PasswordFault = 'too-short' | 'too-long' | 'ill-formed' | 'common' | 'is-the-address' | 'breached';

/** What a new password is judged by. */
export interface PasswordPolicy {
  /** Unicode code points after NFKC. */
  readonly minLength: number;
  readonly isCommon: (password: string) => boolean;
}

/** Unicode code points after NFKC; more would only cost time. */
export const MAX_PASSWORD = 256;

/** Shortest password in code points, by security profile (NIST SP 800-63B: 15 where the password is the only factor). */
export const MIN_PASSWORD = { standard: 9, strict: 15 } as const;

/** The form in which a password is judged and hashed (NIST SP 800-63B, 3.1.1.2). */
export function normalizePassword(password: string): string {
  return password.normalize('NFKC');
}

/** The first reason to refuse a new password; undefined when there is none. There are no composition rules. */
export function passwordFault(password: string, email: string, policy: PasswordPolicy): PasswordFault | undefined {
  // RFC 7617 has no room for control characters: such a password could never be sent.
  if (!password.isWellFormed() || /\p{Cc}/u.test(password)) return 'ill-formed';
  // NFKC can lengthen a text eighteenfold: bound the work first.
  if (password.length > MAX_PASSWORD * 4) return 'too-long';
  const normalized = normalizePassword(password);
  const length = [...normalized].length;
  if (length < policy.minLength) return 'too-short';
  if (length > MAX_PASSWORD) return 'too-long';
  if (normalized.toLowerCase() === email.trim().toLowerCase()) return 'is-the-address';
  return policy.isCommon(normalized) ? 'common' : undefined;
}
