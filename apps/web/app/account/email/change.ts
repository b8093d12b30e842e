import 'server-only';

import { cookies } from 'next/headers';

import type { Awaited } from '../../../lib/code.ts';
import { cookie } from '../../../lib/cookies.ts';

/** A change of address that waits for its code. It holds no secret. */
export interface EmailChange extends Awaited {
  /** Whose it is: another user may log in to the same browser. */
  readonly userId: string;
  readonly newEmail: string;
  readonly startedAt: number;
  /** As the API states it, for the page to tell; in seconds. */
  readonly expiresIn: number;
  readonly codeLength: number;
  readonly revertibleFor: number;
}

const CHANGE = '__Host-email-change';

/** Seconds for which the page says that the time of a code is over. */
const AFTERWARDS = 3_600;

/** Keeps it for as long as its code could be good, and a while longer. */
export async function keepChange(change: EmailChange): Promise<void> {
  const seconds = Math.ceil((change.expiresAt - Date.now()) / 1_000) + AFTERWARDS;
  (await cookies()).set(CHANGE, JSON.stringify(change), cookie(Math.max(1, seconds)));
}

/** Undefined: there is none that this browser knows of. */
export async function keptChange(userId: string): Promise<EmailChange | undefined> {
  const kept = (await cookies()).get(CHANGE)?.value;
  if (!kept) return undefined;
  try {
    const change: unknown = JSON.parse(kept);
    return isChange(change) && change.userId === userId ? change : undefined;
  } catch {
    return undefined;
  }
}

/** Forgets it. */
export async function dropChange(): Promise<void> {
  (await cookies()).set(CHANGE, '', cookie(0));
}

function isChange(value: unknown): value is EmailChange {
  if (typeof value !== 'object' || value === null) return false;
  const change: Partial<Record<keyof EmailChange, unknown>> = value;
  const { startedAt, expiresAt, expiresIn, attemptsLeft, codeLength, revertibleFor } = change;
  const counts = [startedAt, expiresAt, expiresIn, attemptsLeft, codeLength, revertibleFor];
  return typeof change.newEmail === 'string' && counts.every((count) => Number.isFinite(count));
}
