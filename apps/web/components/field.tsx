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
export function Field({ label, name, id = name, hint, state, defaultValue, required, ...input }: FieldProps) {
  const wrong = state?.fields?.[name];
  const described = [hint && `${id}-hint`, wrong && `${id}-wrong`].filter(Boolean).join(' ');
  return (
    <div className="field">
      <label htmlFor={id}>
        {label} {required !== true && <span className="optional">(optional)</span>}
      </label>
      <input
        {...input}
        id={id}
        name={name}
        required={required}
        defaultValue={state?.values?.[name] ?? defaultValue}
        aria-invalid={wrong !== undefined}
        aria-describedby={described || undefined}
      />
      {hint !== undefined && (
        <p className="hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {wrong !== undefined && (
        <p className="wrong" id={`${id}-wrong`}>
          {wrong}
        </p>
      )}
    </div>
  );
}
