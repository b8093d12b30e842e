'use server';

import { type FormState, submit, text } from '../../lib/forms.ts';
import { openTroth } from '../../lib/troth.ts';

export async function notMe(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const { api } = await openTroth();
    await api.POST('/v1/security/not-me', { body: { token: text(form, 'token') } });
    return { done: 'All sessions have ended. A letter with a link to set a new password is on its way.' };
  });
}
