import 'server-only';

import { cookies } from 'next/headers';

import { cookie } from '../../../lib/cookies.ts';

/** A change of address that waits for its code, or was made just now. It holds no secret. */
export interface EmailChange {
  /** Whose it is: another user may log in to the same browser. */
  readonly userId: string;
  readonly newEmail: string;
  readonly expiresAt: number;
  /** As the API states it, for the page to tell; in seconds. */
  readonly expiresIn: number;
  readonly maxAttempts: number;
  readonly codeLength: number;
  readonly revertibleFor: number;
  readonly isMade: boolean;
}

const CHANGE = '__Host-email-change';

/** Keeps it for as long as its code could be good. */
export async function keepChange(change: EmailChange): Promise<void> {
  const seconds = Math.max(1, Math.ceil((change.expiresAt - Date.now()) / 1_000));
  (await cookies()).set(CHANGE, JSON.stringify(change), cookie(seconds));
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
  const counts = [change.expiresAt, change.expiresIn, change.maxAttempts, change.codeLength, change.revertibleFor];
  return typeof change.newEmail === 'string' && counts.every((count) => Number.isFinite(count));
}
