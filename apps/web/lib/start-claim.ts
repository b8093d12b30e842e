import 'server-only';

import { basicAuthorization } from '@troth/client';

import { dropDraft, keepClaim, type PendingClaim } from './pending-claim.ts';
import { openTroth } from './troth.ts';

/** Registers, and keeps what the page that asks for the code has to know. */
export async function startClaim(asked: PendingClaim['asked']): Promise<void> {
  const { api } = await openTroth();
  const { data } = await api.POST('/v1/registrations', { body: asked });
  const now = Date.now();
  await keepClaim({
    asked,
    startedAt: now,
    expiresAt: now + data.expires_in * 1_000,
    seconds: data.expires_in,
    resendSeconds: data.resend_after,
    resendAt: now + data.resend_after * 1_000,
    resendsLeft: data.max_resends,
    attemptsLeft: data.max_attempts,
    maxLength: data.code.max_length,
  });
  await dropDraft();
}

/** Frees the address of a claim. The API does not tell whether there was one, and that it is away changes nothing: claims end by themselves. */
export async function withdrawClaim(claim: PendingClaim): Promise<void> {
  const { api } = await openTroth();
  await api.DELETE('/v1/registrations', { headers: authorizationOf(claim) }).catch(() => undefined);
}

/** How the API knows whoever made a claim. */
export function authorizationOf({ asked: { email, password } }: PendingClaim): { readonly authorization: string } {
  return { authorization: basicAuthorization(email, password) };
}
