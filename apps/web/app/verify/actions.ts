'use server';

import type { components } from '@troth/client';
import { cookies, headers } from 'next/headers';
import { redirect } from 'next/navigation';

import { isSpent, isWrongCode, refusedCode, struck, typedCode } from '../../lib/code.ts';
import { keepTokens } from '../../lib/cookies.ts';
import { deviceName } from '../../lib/device-name.ts';
import { type FormState, submit } from '../../lib/forms.ts';
import { dropClaim, keepClaim, keepDraft, type PendingClaim, pendingClaim } from '../../lib/pending-claim.ts';
import { roundedSpan } from '../../lib/spans.ts';
import { authorizationOf, startClaim, withdrawClaim } from '../../lib/start-claim.ts';
import { openTroth } from '../../lib/troth.ts';

const OVER = 'This registration is over. Please register again.';

export async function activate(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const claim = await pendingClaim();
    if (claim === undefined) return { fault: OVER };
    let activated;
    try {
      activated = await sendCode(claim, typedCode(form));
    } catch (error) {
      if (!isWrongCode(error)) throw error;
      const now = Date.now();
      const rest = struck(claim, now);
      await keepClaim(rest);
      return refusedCode(error, rest, now);
    }
    await dropClaim();
    if (activated.session === undefined) redirect('/login?reason=activated');
    keepTokens(await cookies(), activated.session);
    redirect('/account?welcome=1');
  });
}

async function sendCode(claim: PendingClaim, code: string): Promise<components['schemas']['Activated']> {
  const { data } = await (
    await openTroth()
  ).api.POST('/v1/registrations/activation', {
    body: { code, create_session: true, device_name: deviceName((await headers()).get('user-agent')) },
    headers: authorizationOf(claim),
  });
  return data;
}

/** Another letter: with the same code while the claim lives, of a new claim when it does not. The API answers both alike, whatever it does. */
export async function resend(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const claim = await pendingClaim();
    if (claim === undefined) return { fault: OVER };
    const now = Date.now();
    if (isSpent(claim, now)) {
      await startClaim(claim.asked);
      return { done: 'If this address has no account yet, a letter with a new code is on its way.' };
    }
    if (claim.resendsLeft <= 0) return {};
    // The API would answer as ever, and send nothing.
    if (now < claim.resendAt)
      return { fault: `Please try again in ${roundedSpan(Math.ceil((claim.resendAt - now) / 1_000))}.` };
    await sendAgain(claim);
    return { done: 'If this registration still waits, another letter with the code is on its way.' };
  });
}

async function sendAgain(claim: PendingClaim): Promise<void> {
  const { data } = await (await openTroth()).api.POST('/v1/registrations/resend', { headers: authorizationOf(claim) });
  const now = Date.now();
  await keepClaim({
    ...claim,
    expiresAt: now + data.expires_in * 1_000,
    resendAt: now + data.resend_after * 1_000,
    resendsLeft: claim.resendsLeft - 1,
  });
}

/** It was a mistake: the address is free again. */
export async function withdraw(): Promise<void> {
  const claim = await pendingClaim();
  if (claim !== undefined) {
    await withdrawClaim(claim);
    const { email, username } = claim.asked;
    await keepDraft({ email, username: username ?? '' });
  }
  await dropClaim();
  redirect('/register');
}
