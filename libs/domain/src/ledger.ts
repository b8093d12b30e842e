/**
 * How guessing is kept improbable with four digits. The functions of the database hold the same numbers; a test
 * compares the two, and `GET /v1/security/parameters` publishes what follows from them.
 */
export const LEDGER = {
  /** Days for which a struck claim that was not activated is remembered. */
  days: 30,
  /** Struck claims of one address after which its new codes have eight digits. */
  perAddress: 2,
  /** Minutes over which struck claims of all addresses are counted. */
  breakerMinutes: 60,
  /** The breaker's threshold: max(floor, min(share of the activations in those minutes, ceiling)). */
  breakerFloor: 20,
  breakerShare: 0.01,
  breakerCeiling: 200,
} as const;
