'use server';

import { TrothProblem } from '@troth/client';
import { redirect } from 'next/navigation';

import { submit, text } from '../../lib/forms.ts';
import { messageOf } from '../../lib/messages.ts';
import { openTroth } from '../../lib/troth.ts';
import { requestReset } from '../forgot/actions.ts';
import type { ResetState } from './form.tsx';

export async function reset(state: ResetState, form: FormData): Promise<ResetState> {
  if (text(form, 'act') === 'request') return { ...(await requestReset(state, form)), wantsLink: true };
  let wantsLink = false;
  const outcome = await submit(form, async () => {
    try {
      const { api } = await openTroth();
      await api.POST('/v1/password-resets/confirm', {
        body: { token: text(form, 'token'), new_password: text(form, 'new_password') },
      });
    } catch (error) {
      if (!(error instanceof TrothProblem) || error.code !== 'invalid-token') throw error;
      wantsLink = true;
      return { fault: messageOf(error) };
    }
    redirect('/login?reason=password-set');
  });
  return { ...outcome, wantsLink };
}
