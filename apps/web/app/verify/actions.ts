'use server';

import { basicAuthorization } from '@troth/client';
import { cookies, headers } from 'next/headers';
import { redirect } from 'next/navigation';

import { keepTokens } from '../../lib/cookies.ts';
import { deviceName } from '../../lib/device-name.ts';
import { type FormState, submit, text } from '../../lib/forms.ts';
import { dropClaim, keepClaim, pendingClaim } from '../../lib/pending-claim.ts';
import { openTroth } from '../../lib/troth.ts';

const OVER = 'This registration is over. Please register again.';

export async function activate(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const claim = await pendingClaim();
    if (claim === undefined) return { fault: OVER };
    const { data } = await (
      await openTroth()
    ).api.POST('/v1/registrations/activation', {
      body: {
        // A code that was pasted may have spaces.
        code: text(form, 'code').replaceAll(/\s/g, ''),
        create_session: true,
        device_name: deviceName((await headers()).get('user-agent')),
      },
      headers: { authorization: basicAuthorization(claim.email, claim.password) },
    });
    await dropClaim();
    if (data.session === undefined) redirect('/login?reason=activated');
    keepTokens(await cookies(), data.session);
    redirect('/account?welcome=1');
  });
}

export async function resend(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const claim = await pendingClaim();
    if (claim === undefined) return { fault: OVER };
    const { data } = await (
      await openTroth()
    ).api.POST('/v1/registrations/resend', {
      headers: { authorization: basicAuthorization(claim.email, claim.password) },
    });
    const now = Date.now();
    await keepClaim({
      ...claim,
      expiresAt: now + data.expires_in * 1_000,
      resendAt: now + data.resend_after * 1_000,
      resendsLeft: claim.resendsLeft - 1,
    });
    return { done: 'If this registration still waits, another letter with a code is on its way.' };
  });
}

/** It was a mistake: the address is free again. */
export async function withdraw(): Promise<void> {
  const claim = await pendingClaim();
  if (claim !== undefined)
    await (
      await openTroth()
    ).api
      .DELETE('/v1/registrations', { headers: { authorization: basicAuthorization(claim.email, claim.password) } })
      .catch(() => undefined);
  await dropClaim();
  redirect('/register');
}
