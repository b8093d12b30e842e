import 'server-only';

import { TrothProblem } from '@troth/client';
import { cookies } from 'next/headers';
import { redirect, unstable_rethrow } from 'next/navigation';

import { dropTokens } from './cookies.ts';
import { fieldFaults, markable } from './field-faults.ts';
import { AWAY, MARKED, messageOf, NOT_YOURS } from './messages.ts';
import { wayBack } from './session.ts';
import { showPassword } from './show-password.ts';
import { STEP_UP } from './step-up.ts';
import { isAway, isOver } from './troth.ts';

/** What a form shows after it was sent. */
export interface FormState {
  /** What went wrong; undefined: nothing. */
  readonly fault?: string;
  /** What was done. */
  readonly done?: string;
  /** The password has to be shown once more, together with all the rest. */
  readonly asksPassword?: boolean;
  /** What is wrong with fields, by their names. */
  readonly fields?: Readonly<Record<string, string>>;
  /** What was typed, but for secrets, so that nobody has to type it again. */
  readonly values?: Readonly<Record<string, string>>;
}

/**
 * Does what a form asks for, and turns what the API says against it into words. Secrets among the fields are not given back. When
 * the password has to be shown once more, the form asks for it, keeps what was typed, and sends both: nothing is done before.
 */
export async function submit(form: FormData, work: () => Promise<FormState | undefined>): Promise<FormState> {
  if (!isForm(form)) return { fault: 'This is no form.' };
  const values = valuesOf(form);
  const password = text(form, STEP_UP);
  let asksPassword = password !== '';
  try {
    if (asksPassword && !(await showPassword(password)))
      return { asksPassword, fault: MARKED, fields: { [STEP_UP]: NOT_YOURS }, values };
    asksPassword = false;
    return (await work()) ?? {};
  } catch (error) {
    unstable_rethrow(error);
    return { ...(await refusal(error, form)), ...(asksPassword && { asksPassword }), values };
  }
}

async function refusal(error: unknown, form: FormData): Promise<FormState> {
  if (!(error instanceof TrothProblem)) {
    if (isAway(error)) return { fault: AWAY };
    throw error;
  }
  if (isOver(error)) {
    dropTokens(await cookies());
    redirect(`/login?reason=session-ended&${await wayBack()}`);
  }
  if (error.code === 'username-taken') return { fault: MARKED, fields: { username: messageOf(error) } };
  if (error.code === 'reauthentication-required') return { asksPassword: true, fault: messageOf(error) };
  const { fields, others } = markable(fieldFaults(error.errors), form);
  // That there are marks is said only where there are some.
  const hasMarks = others.length === 0 || Object.keys(fields).length > 0;
  return { fault: [...(hasMarks ? [messageOf(error)] : []), ...others].join(' '), fields };
}

/** The text of a field; empty when there is none. */
export function text(form: FormData, name: string): string {
  const value = isForm(form) ? form.get(name) : undefined;
  return typeof value === 'string' ? value : '';
}

/** Whoever calls an action by hand may give it anything. */
function isForm(form: unknown): form is FormData {
  return form instanceof FormData;
}

const SECRET = /password|code|token|^\$/;

function valuesOf(form: FormData): Readonly<Record<string, string>> {
  const shown = [...form].filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && !SECRET.test(entry[0]),
  );
  return Object.fromEntries(shown);
}
