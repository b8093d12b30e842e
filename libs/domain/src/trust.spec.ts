import { nextTrustState, TRUST_STATES, TRUST_TRANSITIONS, type TrustEvent, type TrustState } from './trust.ts';

const events = [...new Set(TRUST_TRANSITIONS.map(({ event }) => event))];
const reachable = (from: TrustState): TrustState[] =>
  events.map((event) => nextTrustState(from, event)).filter((state) => state !== undefined);

test('an event leads from a state to one state at most', () => {
  const moves = TRUST_TRANSITIONS.map(({ from, event }) => `${from} ${event}`);
  expect(new Set(moves).size).toBe(moves.length);
});

test('every state can be reached, and from every state AVAILABLE can be reached again', () => {
  const closure = (start: TrustState): Set<TrustState> => {
    const seen = new Set<TrustState>([start]);
    for (const state of seen) reachable(state).forEach((next) => seen.add(next));
    return seen;
  };
  expect([...closure('AVAILABLE')].sort()).toEqual([...TRUST_STATES].sort());
  for (const state of TRUST_STATES) expect(closure(state)).toContain('AVAILABLE');
});

test('an address comes to an account by a proof alone: of a claim, or by a user of the account', () => {
  expect(TRUST_TRANSITIONS.filter(({ to }) => to === 'ACTIVE')).toEqual([
    { from: 'AVAILABLE', event: 'proven', to: 'ACTIVE' },
    { from: 'CLAIMED', event: 'verified', to: 'ACTIVE' },
    { from: 'CLAIMED', event: 'proven', to: 'ACTIVE' },
  ]);
});

test.each<[TrustState, TrustEvent]>([
  ['AVAILABLE', 'verified'],
  ['EXPIRED', 'verified'],
  ['LOCKED', 'verified'],
  ['ACTIVE', 'superseded'],
  ['ACTIVE', 'claimed'],
  ['LOCKED', 'resent'],
  ['EXPIRED', 'resent'],
])('%s holds no move by %s', (from, event) => {
  expect(nextTrustState(from, event)).toBeUndefined();
});
