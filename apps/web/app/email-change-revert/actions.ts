'use server';

import { TrothProblem } from '@troth/client';

import { type FormState, submit, text } from '../../lib/forms.ts';
import { openTroth } from '../../lib/troth.ts';

export async function revert(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    try {
      const { api } = await openTroth();
      await api.POST('/v1/email-change/revert', { body: { token: text(form, 'token') } });
    } catch (error) {
      if (!(error instanceof TrothProblem) || error.code !== 'invalid-token') throw error;
      return { fault: 'The link was used already, it is too old, or the address belongs to another account by now.' };
    }
    return { done: 'Your address is restored. A letter with a link to set a new password is on its way to it.' };
  });
}
