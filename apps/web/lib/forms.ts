import 'server-only';

import { TrothProblem } from '@troth/client';
import { cookies, headers } from 'next/headers';
import { redirect, unstable_rethrow } from 'next/navigation';

import { dropTokens } from './cookies.ts';
import { fieldFaults } from './field-faults.ts';
import { AWAY, messageOf } from './messages.ts';
import { isAway, isOver } from './troth.ts';

/** What a form shows after it was sent. */
export interface FormState {
  /** What went wrong; undefined: nothing. */
  readonly fault?: string;
  /** What was done. */
  readonly done?: string;
  /** What is wrong with fields, by their names. */
  readonly fields?: Readonly<Record<string, string>>;
  /** What was typed, but for secrets, so that nobody has to type it again. */
  readonly values?: Readonly<Record<string, string>>;
}

/** Does what a form asks for, and turns what the API says against it into words. Secrets among the fields are not given back. */
export async function submit(form: FormData, work: () => Promise<FormState | undefined>): Promise<FormState> {
  try {
    return (await work()) ?? {};
  } catch (error) {
    unstable_rethrow(error);
    const values = valuesOf(form);
    if (!(error instanceof TrothProblem)) {
      if (isAway(error)) return { fault: AWAY, values };
      throw error;
    }
    if (error.code === 'reauthentication-required') redirect(await reauthentication());
    if (isOver(error)) {
      dropTokens(await cookies());
      redirect('/login?reason=session-ended');
    }
    return { fault: messageOf(error), fields: fieldFaults(error.errors), values };
  }
}

/** The text of a field; empty when there is none. */
export function text(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value : '';
}

const SECRET = /password|code|token|^\$/;

function valuesOf(form: FormData): Readonly<Record<string, string>> {
  const shown = [...form].filter(
    (entry): entry is [string, string] => typeof entry[1] === 'string' && !SECRET.test(entry[0]),
  );
  return Object.fromEntries(shown);
}

async function reauthentication(): Promise<string> {
  return `/reauthenticate?next=${encodeURIComponent((await headers()).get('x-path') ?? '/account')}`;
}

/** A path of this application to go on to; whatever else a link says leads to the account. */
export function nextPath(wanted: unknown): string {
  return typeof wanted === 'string' && /^\/(?![/\\])[\w\-./?=&%]*$/.test(wanted) ? wanted : '/account';
}
