'use server';

import { type components, type Troth, TrothProblem } from '@troth/client';
import { revalidatePath } from 'next/cache';

import { type FormState, submit, text } from '../../../../lib/forms.ts';
import { messageOf } from '../../../../lib/messages.ts';
import { troth } from '../../../../lib/troth.ts';

type Changes = components['schemas']['ChangeUserDto'];

const NOT_THERE = 'That is not there any more. What you see now is the newest.';

/** User name, display name, locale and role. Only what was changed is sent, for what is sent is written down. */
export async function changeUser(_state: FormState, form: FormData): Promise<FormState> {
  const body = changesOf(form);
  if (Object.keys(body).length === 0) return { done: 'Nothing was changed.' };
  return act(form, 'The changes are saved.', (client, path) =>
    client.api.PATCH('/v1/admin/users/{id}', {
      params: { path, header: { 'If-Match': text(form, 'etag') } },
      body,
    }),
  );
}

/** Suspends the user, or ends that: one form, so that what came of it is shown beside what can be done next. */
export async function suspendOrReinstate(_state: FormState, form: FormData): Promise<FormState> {
  const reason = text(form, 'reason');
  if (text(form, 'act') === 'reinstate')
    return act(form, 'The suspension is over. The user may log in again.', (client, path) =>
      client.api.DELETE('/v1/admin/users/{id}/suspension', { params: { path }, body: optional(reason) }),
    );
  return act(form, 'The user is suspended, and all sessions have ended.', (client, path) =>
    client.api.POST('/v1/admin/users/{id}/suspension', { params: { path }, body: { reason } }),
  );
}

export async function endSessions(_state: FormState, form: FormData): Promise<FormState> {
  return act(form, 'All sessions have ended.', (client, path) =>
    client.api.DELETE('/v1/admin/users/{id}/sessions', {
      params: { path },
      body: optional(text(form, 'sessions_reason')),
    }),
  );
}

async function act(
  form: FormData,
  done: string,
  work: (client: Troth, path: { readonly id: string }) => Promise<unknown>,
): Promise<FormState> {
  return submit(form, async () => {
    const id = text(form, 'id');
    const page = `/admin/users/${id}`;
    try {
      await work(await troth(), { id });
    } catch (error) {
      const code = error instanceof TrothProblem ? error.code : undefined;
      if (code !== 'precondition-failed' && code !== 'not-found') throw error;
      // The fields show what is so by now, and not what was typed on top of something older.
      revalidatePath(page);
      return { fault: code === 'not-found' || !(error instanceof TrothProblem) ? NOT_THERE : messageOf(error) };
    }
    revalidatePath(page);
    return { done };
  });
}

function changesOf(form: FormData): Changes {
  const changes: Changes = {};
  for (const name of ['username', 'display_name', 'locale'] as const) {
    const value = text(form, name).trim();
    if (value !== text(form, `former_${name}`)) changes[name] = value === '' ? null : value;
  }
  const isAdmin = text(form, 'admin') !== '';
  if (isAdmin !== (text(form, 'former_admin') !== '')) changes.roles = isAdmin ? ['admin'] : [];
  return changes;
}

function optional(reason: string): { readonly reason?: string } {
  return reason.trim() === '' ? {} : { reason };
}
