import 'server-only';

import { createHash, randomBytes } from 'node:crypto';

import type { components } from '@troth/client';
import { EncryptJWT, jwtDecrypt, type JWTPayload } from 'jose';
import { cookies } from 'next/headers';

import type { Awaited } from './code.ts';
import { CLAIM, cookie, DELETED, DRAFT } from './cookies.ts';
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
export function keepClaim(claim: PendingClaim): Promise<void> {
  return keep(CLAIM, { claim });
}

/** Undefined: there is none, or it is too old. */
export async function pendingClaim(): Promise<PendingClaim | undefined> {
  return (await kept(CLAIM))?.claim as PendingClaim | undefined;
}

/** Forgets it. */
export async function dropClaim(): Promise<void> {
  (await cookies()).set(CLAIM, '', DELETED);
}

/** What was typed into a registration that was withdrawn, but for the password. */
export interface Draft {
  readonly email: string;
  readonly username: string;
}

/** Keeps it for the next registration. */
export function keepDraft(draft: Draft): Promise<void> {
  return keep(DRAFT, { draft });
}

/** Undefined: there is none, or it is too old. */
export async function keptDraft(): Promise<Draft | undefined> {
  return (await kept(DRAFT))?.draft as Draft | undefined;
}

/** Forgets it. */
export async function dropDraft(): Promise<void> {
  (await cookies()).set(DRAFT, '', DELETED);
}

async function keep(name: string, content: JWTPayload): Promise<void> {
  const sealed = await new EncryptJWT(content)
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .setExpirationTime(`${MINUTES}m`)
    .encrypt(key);
  (await cookies()).set(name, sealed, cookie(MINUTES * 60));
}

async function kept(name: string): Promise<JWTPayload | undefined> {
  const sealed = (await cookies()).get(name)?.value;
  if (!sealed) return undefined;
  try {
    return (await jwtDecrypt(sealed, key)).payload;
  } catch {
    return undefined;
  }
}
