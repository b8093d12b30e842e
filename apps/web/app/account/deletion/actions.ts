'use server';

import { TrothProblem } from '@troth/client';
import { revalidatePath } from 'next/cache';

import { type FormState, submit, text } from '../../../lib/forms.ts';
import { troth } from '../../../lib/troth.ts';

/** Schedules the deletion, or takes it back: whichever the form offered. */
export async function changeDeletion(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const { api } = await troth();
    const keeps = form.has('keep');
    try {
      if (keeps) await api.DELETE('/v1/me/deletion');
      // What is no number is refused by the API, which says why.
      else await api.POST('/v1/me/deletion', { body: { after_days: Number(text(form, 'after_days') || Number.NaN) } });
    } catch (error) {
      // Another tab was faster: the page shows for when.
      if (error instanceof TrothProblem && error.code === 'deletion-scheduled') revalidatePath('/account/deletion');
      throw error;
    }
    revalidatePath('/account/deletion');
    return { done: keeps ? 'The deletion is taken back. Your account stays.' : 'The deletion is scheduled.' };
  });
}
