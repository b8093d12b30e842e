'use server';

import { redirect } from 'next/navigation';

import { type FormState, nextPath, submit, text } from '../../lib/forms.ts';
import { showPassword } from '../../lib/show-password.ts';

export async function reauthenticate(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    if (!(await showPassword(text(form, 'password')))) return { fault: 'This is not your password.' };
    redirect(nextPath(text(form, 'next')));
  });
}
