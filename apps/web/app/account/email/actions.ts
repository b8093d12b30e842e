'use server';

import { redirect } from 'next/navigation';

import { isWrongCode, refusedCode, struck, typedCode } from '../../../lib/code.ts';
import { type FormState, submit, text } from '../../../lib/forms.ts';
import { currentSession, requireSession, type Session } from '../../../lib/session.ts';
import { troth } from '../../../lib/troth.ts';
import { dropChange, keepChange, keptChange } from './change.ts';

const PAGE = '/account/email';

export async function requestChange(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    await startChange(text(form, 'new_email').trim());
    redirect(PAGE);
  });
}

/** Another change to the same address: it takes the place of the one that waits, so the former code is good for nothing. */
export async function requestAgain(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    await startChange(text(form, 'new_email'));
    return {
      done: 'If nobody else has this address, a letter with a new code is on its way. Only the newest is good.',
    };
  });
}

async function startChange(newEmail: string): Promise<void> {
  const { userId } = await actor();
  const { data } = await (await troth()).api.POST('/v1/me/email-change', { body: { new_email: newEmail } });
  const now = Date.now();
  await keepChange({
    userId,
    newEmail,
    startedAt: now,
    expiresAt: now + data.expires_in * 1_000,
    expiresIn: data.expires_in,
    attemptsLeft: data.max_attempts,
    codeLength: data.code.length,
    revertibleFor: data.revertible_for,
  });
}

export async function confirmChange(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    const { userId } = await actor();
    try {
      await (await troth()).api.POST('/v1/me/email-change/confirm', { body: { code: typedCode(form) } });
    } catch (error) {
      const change = await keptChange(userId);
      if (change === undefined || !isWrongCode(error)) throw error;
      const now = Date.now();
      const rest = struck(change, now);
      await keepChange(rest);
      return refusedCode(error, rest, now);
    }
    await dropChange();
    redirect(`${PAGE}?changed=1`);
  });
}

export async function giveUpChange(_state: FormState, form: FormData): Promise<FormState> {
  return submit(form, async () => {
    await (await troth()).api.DELETE('/v1/me/email-change');
    await dropChange();
    redirect(PAGE);
  });
}

/** Who asks. While nobody can tell, the form says so and keeps what was typed. */
async function actor(): Promise<Session> {
  return (await currentSession()) ?? requireSession();
}
