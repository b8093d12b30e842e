'use server';

import { redirect } from 'next/navigation';

import { type FormState, submit, text } from '../../lib/forms.ts';
import { MARKED, NOT_YOURS } from '../../lib/messages.ts';
import { nextPath } from '../../lib/next-path.ts';
import { showPassword } from '../../lib/show-password.ts';

/** For what is no form, and so cannot ask for the password by itself: a download. */
export async function reauthenticate(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    if (!(await showPassword(text(form, 'password')))) return { fault: MARKED, fields: { password: NOT_YOURS } };
    redirect(nextPath(text(form, 'next')));
  });
}
