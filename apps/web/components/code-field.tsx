import type { FormState } from '../lib/forms.ts';
import { Countdown } from './countdown.tsx';

/** A field for a code from a letter, and for how long it is good. */
export function CodeField({
  digits,
  expiresAt,
  asOf,
  seconds,
  state,
  autoFocus = false,
}: {
  /** At most. */
  readonly digits: number;
  readonly expiresAt: number;
  /** What the server's clock showed when the page was made. */
  readonly asOf: number;
  /** For how long a code is good. */
  readonly seconds: number;
  readonly state: FormState;
  readonly autoFocus?: boolean;
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
        // A code that is pasted may have more between its digits; what is cut off would cost an attempt.
        maxLength={digits * 4}
        aria-invalid={wrong !== undefined}
        aria-describedby={wrong === undefined ? 'time-left' : 'time-left code-wrong'}
        autoFocus={autoFocus}
        required
      />
      {wrong !== undefined && (
        <p className="wrong" id="code-wrong">
          {wrong}
        </p>
      )}
      <Countdown
        id="time-left"
        until={expiresAt}
        asOf={asOf}
        of={seconds}
        over="The time is over. Ask for another code."
      />
    </div>
  );
}
