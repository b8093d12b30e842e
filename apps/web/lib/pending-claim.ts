import 'server-only';

import { createHash, randomBytes } from 'node:crypto';

import type { components } from '@troth/client';
import { EncryptJWT, jwtDecrypt } from 'jose';
import { cookies } from 'next/headers';

import type { Awaited } from './code.ts';
import { CLAIM, cookie, DELETED } from './cookies.ts';
import { WEB_SECRET } from './settings.ts';

/** A registration that waits for its code. The activation shows the password again, so it is kept, sealed, for that long. */
export interface PendingClaim extends Awaited {
  /** What was asked for. A new claim asks for the same. */
  readonly asked: components['schemas']['RegisterDto'];
  readonly startedAt: number;
  /** As the API states it, for the page to tell: for how long a code is good, and after how long another one can be had. */
  readonly seconds: number;
  readonly resendSeconds: number;
  readonly resendAt: number;
  readonly resendsLeft: number;
  readonly maxLength: number;
}

/** Minutes after which nobody is asked for the code of a registration any more. */
const MINUTES = 15;
const key = createHash('sha256')
  .update(WEB_SECRET ?? randomBytes(32))
  .digest();

/** Keeps it in a cookie that only this application can read. */
export async function keepClaim(claim: PendingClaim): Promise<void> {
  const sealed = await new EncryptJWT({ claim })
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .setExpirationTime(`${MINUTES}m`)
    .encrypt(key);
  (await cookies()).set(CLAIM, sealed, cookie(MINUTES * 60));
}

/** Undefined: there is none, or it is too old. */
export async function pendingClaim(): Promise<PendingClaim | undefined> {
  const sealed = (await cookies()).get(CLAIM)?.value;
  if (!sealed) return undefined;
  try {
    const { payload } = await jwtDecrypt(sealed, key);
    return payload.claim as PendingClaim;
  } catch {
    return undefined;
  }
}

/** Forgets it. */
export async function dropClaim(): Promise<void> {
  (await cookies()).set(CLAIM, '', DELETED);
}
