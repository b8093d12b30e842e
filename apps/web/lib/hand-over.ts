import { createHash } from 'node:crypto';

import type { IssuedTokens } from './cookies.ts';

/** So often a browser is told to come back with the successor of one token; one that has not kept it by then keeps no cookies. */
const MOST = 10;
/** Milliseconds after which it is counted anew. */
const WHILE = 60_000;
/** Tokens that are counted at most; those that came first are forgotten. */
const ROOM = 10_000;

interface HandOvers {
  readonly since: number;
  /** What was handed over last: requests that came together got the same, and count as one. */
  last: WeakRef<IssuedTokens>;
  times: number;
}

const handOvers = new Map<string, HandOvers>();

/** Whether a browser that came with a spent refresh token may be told once more to come back with its successor. */
export function mayHandOver(refreshToken: string, successor: IssuedTokens): boolean {
  const spent = createHash('sha256').update(refreshToken).digest('base64');
  const known = handOvers.get(spent);
  if (known !== undefined && Date.now() - known.since < WHILE) {
    if (known.last.deref() !== successor) known.times += 1;
    known.last = new WeakRef(successor);
    return known.times <= MOST;
  }
  handOvers.delete(spent);
  handOvers.set(spent, { since: Date.now(), last: new WeakRef(successor), times: 1 });
  for (const oldest of handOvers.keys()) {
    if (handOvers.size <= ROOM) break;
    handOvers.delete(oldest);
  }
  return true;
}
