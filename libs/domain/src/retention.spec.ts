import { ERASURE_SECONDS, RETAINED, retainedAfter } from './retention.ts';

const AT = new Date('2026-02-03T09:30:00.000Z');
const ENDS = { accessTokenSeconds: 300, strikesUntil: null };

test('what stays ends so long after the last moment at which the erasure may come', () => {
  const seconds = retainedAfter(AT, ENDS).map(({ kind, until }) => [kind, (until.getTime() - AT.getTime()) / 1_000]);
  expect(Object.fromEntries(seconds)).toEqual({
    quotas: 86_400 + ERASURE_SECONDS,
    audit: 366 * 86_400 + ERASURE_SECONDS,
    letter: 86_400 + ERASURE_SECONDS,
    tokens: 300 + ERASURE_SECONDS,
  });
});

test('the ledger is told of when it remembers the address, until it forgets it', () => {
  const strikesUntil = new Date('2026-02-20T00:00:00.000Z');
  const kept = retainedAfter(AT, { ...ENDS, strikesUntil });
  expect(kept).toContainEqual({ kind: 'strikes', until: strikesUntil });
  expect(kept.map(({ kind }) => kind)).toEqual(Object.keys(RETAINED));
});
