'use server';

import { TrothProblem } from '@troth/client';
import { revalidatePath } from 'next/cache';

import { type FormState, submit, text } from '../../../lib/forms.ts';
import { troth } from '../../../lib/troth.ts';

/** Ends what the button that was pressed names: one session, or all others. */
export async function endSessions(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const { api } = await troth();
    const [id, which] = [text(form, 'id'), text(form, 'which')];
    if (which === 'others') await api.DELETE('/v1/sessions', { params: { query: { except: 'current' } } });
    else await api.DELETE('/v1/sessions/{id}', { params: { path: { id } } }).catch(unlessGone);
    revalidatePath('/account/sessions');
    return { done: which === 'others' ? 'All other sessions are ended.' : 'The session is ended.' };
  });
}

function unlessGone(error: unknown): void {
  if (!(error instanceof TrothProblem) || error.code !== 'not-found') throw error;
}
