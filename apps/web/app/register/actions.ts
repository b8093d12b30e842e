'use server';

import { redirect } from 'next/navigation';

import { type FormState, submit, text } from '../../lib/forms.ts';
import { startClaim } from '../../lib/start-claim.ts';

export async function register(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const username = text(form, 'username').trim();
    await startClaim({
      email: text(form, 'email').trim(),
      password: text(form, 'password'),
      ...(username === '' ? {} : { username }),
    });
    redirect('/verify');
  });
}
