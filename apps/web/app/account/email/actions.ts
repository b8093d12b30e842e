'use server';

import { redirect } from 'next/navigation';

import { type FormState, submit, text } from '../../../lib/forms.ts';
import { requireSession } from '../../../lib/session.ts';
import { troth } from '../../../lib/troth.ts';
import { dropChange, keepChange, keptChange } from './change.ts';

const PAGE = '/account/email';

export async function requestChange(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const { userId } = await requireSession();
    const newEmail = text(form, 'new_email').trim();
    const { data } = await (await troth()).api.POST('/v1/me/email-change', { body: { new_email: newEmail } });
    await keepChange({
      userId,
      newEmail,
      expiresAt: Date.now() + data.expires_in * 1_000,
      expiresIn: data.expires_in,
      maxAttempts: data.max_attempts,
      codeLength: data.code.length,
      revertibleFor: data.revertible_for,
      isMade: false,
    });
    redirect(PAGE);
  });
}

export async function confirmChange(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const { userId } = await requireSession();
    // A code that was pasted may have spaces.
    const code = text(form, 'code').replaceAll(/\s/g, '');
    await (await troth()).api.POST('/v1/me/email-change/confirm', { body: { code } });
    const change = await keptChange(userId);
    if (change !== undefined) await keepChange({ ...change, isMade: true });
    redirect(PAGE);
  });
}

export async function giveUpChange(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    await (await troth()).api.DELETE('/v1/me/email-change');
    await dropChange();
    redirect(PAGE);
  });
}
