/** The states of the trust machine of one e-mail address. No row means AVAILABLE; EXPIRED is a fact about time. */
export const TRUST_STATES = ['AVAILABLE', 'CLAIMED', 'ACTIVE', 'EXPIRED', 'LOCKED'] as const;
/** Where an address stands. */
export type TrustState = (typeof TRUST_STATES)[number];

/** One allowed move. Whoever makes it checks the event's own guard; the database refuses every move not listed. */
export interface TrustTransition {
  readonly from: TrustState;
  readonly event: string;
  readonly to: TrustState;
}

/** The whole trust machine. The table `trust_transition` holds the same rows; a test compares the two. */
export const TRUST_TRANSITIONS = [
  { from: 'AVAILABLE', event: 'claimed', to: 'CLAIMED' },
  { from: 'AVAILABLE', event: 'proven', to: 'ACTIVE' },
  { from: 'CLAIMED', event: 'resent', to: 'CLAIMED' },
  { from: 'CLAIMED', event: 'verified', to: 'ACTIVE' },
  { from: 'CLAIMED', event: 'struck', to: 'CLAIMED' },
  { from: 'CLAIMED', event: 'struck_out', to: 'LOCKED' },
  { from: 'CLAIMED', event: 'timed_out', to: 'EXPIRED' },
  { from: 'CLAIMED', event: 'withdrawn', to: 'AVAILABLE' },
  { from: 'CLAIMED', event: 'superseded', to: 'CLAIMED' },
  { from: 'CLAIMED', event: 'proven', to: 'ACTIVE' },
  { from: 'EXPIRED', event: 'purged', to: 'AVAILABLE' },
  { from: 'LOCKED', event: 'purged', to: 'AVAILABLE' },
  { from: 'ACTIVE', event: 'deleted', to: 'AVAILABLE' },
] as const satisfies readonly TrustTransition[];

/** What moves an address. */
export type TrustEvent = (typeof TRUST_TRANSITIONS)[number]['event'];

/** Where an event leads from a state; undefined when the machine does not hold the move. */
export function nextTrustState(from: TrustState, event: TrustEvent): TrustState | undefined {
  return TRUST_TRANSITIONS.find((transition) => transition.from === from && transition.event === event)?.to;
}

/** Wrong codes, given with the right password, that a claim survives is one less than this (truth 8). */
export const MAX_STRIKES = 3;
