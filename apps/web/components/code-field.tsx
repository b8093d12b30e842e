import type { FormState } from '../lib/forms.ts';
import { Countdown } from './countdown.tsx';

/** A field for a code from a letter, and for how long it is good. */
export function CodeField({
  digits,
  expiresAt,
  seconds,
  state,
}: {
  /** At most. */
  readonly digits: number;
  readonly expiresAt: number;
  /** For how long a code is good. */
  readonly seconds: number;
  readonly state: FormState;
}) {
  const wrong = state.fields?.code;
  return (
    <div className="field">
      <label htmlFor="code">Code</label>
      <input
        id="code"
        name="code"
        className="code"
        inputMode="numeric"
        autoComplete="one-time-code"
        // A code that is pasted may have spaces between its digits.
        maxLength={digits * 2}
        aria-invalid={state.fault !== undefined}
        aria-describedby={wrong === undefined ? 'time-left' : 'time-left code-wrong'}
        autoFocus
        required
      />
      {wrong !== undefined && (
        <p className="wrong" id="code-wrong">
          {wrong}
        </p>
      )}
      <Countdown id="time-left" until={expiresAt} of={seconds} over="The time is over. Ask for another code." />
    </div>
  );
}
