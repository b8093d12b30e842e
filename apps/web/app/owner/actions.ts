'use server';

import { redirect } from 'next/navigation';

import { type FormState, submit, text } from '../../lib/forms.ts';
import { tokenOf } from '../../lib/link-token.ts';
import { startClaim } from '../../lib/start-claim.ts';
import { openTroth } from '../../lib/troth.ts';

const MUTED: Readonly<Record<number, string>> = { 0: 'they come again', 1: 'none comes for a day' };

export async function registerOwner(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    await startClaim({
      email: text(form, 'email').trim(),
      password: text(form, 'password'),
      owner_token: tokenOf(form.get('owner_token')),
    });
    redirect('/verify');
  });
}

/** Silences the letters of registration for some days; 0 ends that. */
export async function mute(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const days = Number(text(form, 'days'));
    const { api } = await openTroth();
    await api.POST('/v1/registrations/mute', { body: { owner_token: tokenOf(form.get('owner_token')), days } });
    // The API does not tell whether the link was good.
    return {
      done: `Unless the link is too old, ${MUTED[days] ?? `none comes for ${days} days`}.`,
      values: { days: String(days) },
    };
  });
}
