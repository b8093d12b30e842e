'use server';

import { type FormState, submit, text } from '../../lib/forms.ts';
import { tokenOf } from '../../lib/link-token.ts';
import { spanOf } from '../../lib/spans.ts';
import { openTroth } from '../../lib/troth.ts';

export async function requestReset(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const [email, ownerToken] = [text(form, 'email').trim(), tokenOf(form.get('owner_token'))];
    const { api } = await openTroth();
    const { data } = await api.POST('/v1/password-resets', {
      body: { email, ...(ownerToken === '' ? {} : { owner_token: ownerToken }) },
    });
    return {
      done: `If there is an account with the address ${email}, a letter is on its way to it. Its link is good for ${spanOf(data.expires_in)}, and only in the newest letter.`,
    };
  });
}
