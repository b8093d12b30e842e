'use server';

import { TrothProblem } from '@troth/client';

import { type FormState, submit, text } from '../../../lib/forms.ts';
import { MARKED } from '../../../lib/messages.ts';
import { showPassword } from '../../../lib/show-password.ts';
import { troth } from '../../../lib/troth.ts';

export async function changePassword(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const [current, wanted] = [text(form, 'current_password'), text(form, 'new_password')];
    // The API takes a recent log-in in its place. Somebody else at an open browser could use that.
    if (current === '') return { fault: MARKED, fields: { current_password: 'Please type your present password.' } };
    if (!(await isChanged(current, wanted)))
      return { fault: MARKED, fields: { current_password: 'This is not your present password.' } };
    return { done: 'The new password is set. All other sessions are ended.' };
  });
}

/** False: the present password is not right. */
async function isChanged(current: string, wanted: string): Promise<boolean> {
  const put = async (body: { readonly current_password?: string; readonly new_password: string }): Promise<boolean> => {
    const { api } = await troth();
    await api.PUT('/v1/me/password', { body });
    return true;
  };
  try {
    return await put({ current_password: current, new_password: wanted });
  } catch (error) {
    if (!(error instanceof TrothProblem)) throw error;
    if (error.code === 'invalid-credentials') return false;
    if (error.code !== 'reauthentication-required') throw error;
  }
  // It has just been typed: nobody is sent to another page to type it again, and the new one too.
  return (await showPassword(current)) && put({ new_password: wanted });
}
