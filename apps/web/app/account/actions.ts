'use server';

import { TrothProblem } from '@troth/client';
import { revalidatePath } from 'next/cache';

import { type FormState, submit, text } from '../../lib/forms.ts';
import { messageOf } from '../../lib/messages.ts';
import { troth } from '../../lib/troth.ts';
import { type Profile, profileOf } from './profile.ts';

export async function changeProfile(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const { api } = await troth();
    const typed = typedProfile(form);
    try {
      const { data, response } = await api.PATCH('/v1/me', {
        params: { header: { 'If-Match': typed.etag } },
        headers: { 'content-type': 'application/merge-patch+json' },
        body: {
          username: typed.username || null,
          display_name: typed.display_name || null,
          birthdate: typed.birthdate || null,
          locale: typed.locale || null,
        },
      });
      revalidatePath('/account');
      return { done: 'Your profile is saved.', values: profileOf(data, response.headers.get('etag') ?? '') };
    } catch (error) {
      if (!(error instanceof TrothProblem) || error.code !== 'precondition-failed') throw error;
      const { data, response } = await api.GET('/v1/me');
      return { fault: messageOf(error), values: profileOf(data, response.headers.get('etag') ?? '') };
    }
  });
}

function typedProfile(form: FormData): Profile {
  return {
    username: text(form, 'username').trim(),
    display_name: text(form, 'display_name').trim(),
    birthdate: text(form, 'birthdate'),
    locale: text(form, 'locale').trim(),
    etag: text(form, 'etag'),
  };
}
