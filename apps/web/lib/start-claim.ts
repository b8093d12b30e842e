import 'server-only';

import type { components } from '@troth/client';

import { keepClaim } from './pending-claim.ts';
import { openTroth } from './troth.ts';

/** Registers, and keeps what the page that asks for the code has to know. */
export async function startClaim(body: components['schemas']['RegisterDto']): Promise<void> {
  const { data } = await (await openTroth()).api.POST('/v1/registrations', { body });
  const now = Date.now();
  await keepClaim({
    email: body.email,
    password: body.password,
    expiresAt: now + data.expires_in * 1_000,
    seconds: data.expires_in,
    resendAt: now + data.resend_after * 1_000,
    resendsLeft: data.max_resends,
    maxAttempts: data.max_attempts,
    maxLength: data.code.max_length,
  });
}
