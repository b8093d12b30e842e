'use server';

import { redirect } from 'next/navigation';

import { type FormState, submit, text } from '../../lib/forms.ts';
import { pendingClaim } from '../../lib/pending-claim.ts';
import { startClaim, withdrawClaim } from '../../lib/start-claim.ts';

export async function register(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const [email, username] = [text(form, 'email').trim(), text(form, 'username').trim()];
    const before = await pendingClaim();
    // Whoever went back to type another password means that one. The API would drop the second of two claims, silently.
    if (before?.asked.email === email) await withdrawClaim(before);
    await startClaim({
      email,
      password: text(form, 'password'),
      ...(username === '' ? {} : { username }),
    });
    redirect('/verify');
  });
}
