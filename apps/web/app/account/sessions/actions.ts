'use server';

import { TrothProblem } from '@troth/client';
import { revalidatePath } from 'next/cache';
import { cookies } from 'next/headers';
import { redirect } from 'next/navigation';

import { dropTokens } from '../../../lib/cookies.ts';
import { type FormState, submit, text } from '../../../lib/forms.ts';
import { troth } from '../../../lib/troth.ts';

/** Ends what the button that was pressed names: one session, all others, or all. */
export async function endSessions(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const { api } = await troth();
    const [id, which] = [text(form, 'id'), text(form, 'which')];
    if (which === 'all') {
      await api.DELETE('/v1/sessions');
      dropTokens(await cookies());
      redirect('/login?reason=logged-out');
    }
    if (which === 'others') await api.DELETE('/v1/sessions', { params: { query: { except: 'current' } } });
    else await api.DELETE('/v1/sessions/{id}', { params: { path: { id } } }).catch(unlessGone);
    revalidatePath('/account/sessions');
    return { done: which === 'others' ? 'All other sessions are ended.' : 'The session is ended.' };
  });
}

function unlessGone(error: unknown): void {
  if (!(error instanceof TrothProblem) || error.code !== 'not-found') throw error;
}
