/** At most so many requests of one source in any window of so many seconds. */
export interface Limit {
  readonly limit: number;
  readonly windowSeconds: number;
  /**
   * Only refused requests count. `true`: those answered with a 4xx; while one is under way it counts, and is taken back
   * when it succeeds. `credentials`: those whose credentials are found wrong, from then on, so that any number may be under
   * way at once; for credentials that nobody can guess.
   */
  readonly failuresOnly?: true | 'credentials';
}

const MINUTE = 60;
const HOUR = 3_600;

/**
 * Every limit per source there is, by the name that routes give. `all` counts every request together, whatever
 * answers it, but for probes and for clients, who ask for many users; the routes of another name share its counters. `RATE_LIMIT_SCALE` multiplies them.
 */
export const LIMITS = {
  all: [{ limit: 300, windowSeconds: MINUTE }],
  registrations: [
    { limit: 5, windowSeconds: MINUTE },
    { limit: 20, windowSeconds: HOUR },
  ],
  activation: [
    { limit: 10, windowSeconds: MINUTE },
    { limit: 60, windowSeconds: HOUR },
  ],
  resend: [
    { limit: 10, windowSeconds: MINUTE },
    { limit: 60, windowSeconds: HOUR },
  ],
  withdrawal: [
    { limit: 10, windowSeconds: MINUTE },
    { limit: 60, windowSeconds: HOUR },
  ],
  sessions: [{ limit: 20, windowSeconds: 15 * MINUTE, failuresOnly: true }],
  refresh: [{ limit: 120, windowSeconds: MINUTE }],
  reauthentication: [{ limit: 20, windowSeconds: 15 * MINUTE, failuresOnly: true }],
  'session-ends': [{ limit: 60, windowSeconds: MINUTE }],
  mute: [
    { limit: 10, windowSeconds: MINUTE },
    { limit: 60, windowSeconds: HOUR },
  ],
  'password-resets': [{ limit: 10, windowSeconds: HOUR }],
  links: [
    { limit: 10, windowSeconds: MINUTE },
    { limit: 60, windowSeconds: HOUR },
  ],
  admin: [{ limit: 120, windowSeconds: MINUTE }],
  'password-changes': [{ limit: 20, windowSeconds: 15 * MINUTE, failuresOnly: true }],
  'profile-changes': [{ limit: 60, windowSeconds: MINUTE }],
  'email-changes': [{ limit: 20, windowSeconds: HOUR }],
  'email-change-codes': [
    { limit: 10, windowSeconds: MINUTE },
    { limit: 60, windowSeconds: HOUR },
  ],
  'account-deletion': [
    { limit: 10, windowSeconds: MINUTE },
    { limit: 60, windowSeconds: HOUR },
  ],
  receipts: [{ limit: 60, windowSeconds: MINUTE }],
  exports: [{ limit: 10, windowSeconds: HOUR }],
  clients: [
    { limit: 20, windowSeconds: 15 * MINUTE, failuresOnly: 'credentials' },
    { limit: 600, windowSeconds: MINUTE },
  ],
} as const satisfies Readonly<Record<string, readonly Limit[]>>;

/** The name of a group of limits. */
export type LimitName = keyof typeof LIMITS;

/** The name of one limit in headers, metrics and log: `registrations-per-hour`, `sessions-per-15-minutes`. */
export function policyName(name: string, { windowSeconds }: Limit): string {
  return `${name}-per-${spanOf(windowSeconds)}`;
}

function spanOf(seconds: number): string {
  const [unit, word] = [[HOUR, 'hour'] as const, [MINUTE, 'minute'] as const].find(
    ([length]) => seconds % length === 0,
  ) ?? [1, 'second'];
  return seconds === unit ? word : `${seconds / unit}-${word}s`;
}
