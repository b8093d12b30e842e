import 'server-only';

import { TrothProblem } from '@troth/client';

import { type FormState, text } from './forms.ts';
import { messageOf } from './messages.ts';
import { counted } from './spans.ts';

/** What waits for a code. What is left of it is what this browser saw of it: the API alone knows, and judges. */
export interface Awaited {
  /** In milliseconds, by the clock of this server. */
  readonly expiresAt: number;
  readonly attemptsLeft: number;
}

/** The code that was typed or pasted: whatever stands between its digits, and however wide they are. */
export function typedCode(form: FormData): string {
  return text(form, 'code')
    .normalize('NFKC')
    .replaceAll(/[\s\p{Pd}\p{Cf}]/gu, '');
}

/** Whether a refusal is one of the code. That it was a wrong one, and took an attempt, it does not tell. */
export function isWrongCode(error: unknown): error is TrothProblem {
  return error instanceof TrothProblem && (error.code === 'activation-failed' || error.code === 'challenge-failed');
}

/** Whether no code is good for it any more. */
export function isSpent(awaited: Awaited, at: number): boolean {
  return awaited.attemptsLeft <= 0 || awaited.expiresAt <= at;
}

/** The same with an attempt less, unless its time was over before. */
export function struck<Waiting extends Awaited>(awaited: Waiting, at: number): Waiting {
  return isSpent(awaited, at) ? awaited : { ...awaited, attemptsLeft: awaited.attemptsLeft - 1 };
}

/** A refused code in words, with what is left. */
export function refusedCode(problem: TrothProblem, { attemptsLeft, expiresAt }: Awaited, at: number): FormState {
  const left = `Compare it with the newest letter: ${counted(attemptsLeft, 'attempt')} left.`;
  return { fault: messageOf(problem), fields: { code: expiresAt <= at ? 'Its time is over.' : left } };
}
