import type { InputHTMLAttributes } from 'react';

import type { FormState } from '../lib/forms.ts';

interface FieldProps extends InputHTMLAttributes<HTMLInputElement> {
  readonly label: string;
  readonly name: string;
  readonly hint?: string;
  /** What the form shows after it was sent: it keeps what was typed, and says what is wrong. */
  readonly state?: FormState;
}

/** A field with its name, what helps to fill it in, and what is wrong with it. */
export function Field({ label, name, hint, state, defaultValue, required, ...input }: FieldProps) {
  const wrong = state?.fields?.[name];
  const described = [hint && `${name}-hint`, wrong && `${name}-wrong`].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label htmlFor={name}>
        {label} {required !== true && <span className="optional">(optional)</span>}
      </label>
      <input
        {...input}
        id={name}
        name={name}
        required={required}
        defaultValue={state?.values?.[name] ?? defaultValue}
        aria-invalid={wrong !== undefined}
        aria-describedby={described || undefined}
      />
      {hint !== undefined && (
        <p className="hint" id={`${name}-hint`}>
          {hint}
        </p>
      )}
      {wrong !== undefined && (
        <p className="wrong" id={`${name}-wrong`}>
          {wrong}
        </p>
      )}
    </div>
  );
}
