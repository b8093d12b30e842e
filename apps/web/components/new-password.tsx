import type { FormState } from '../lib/forms.ts';
import { Field } from './field.tsx';

/** A field for a password that is to be set. How long it has to be, the API says of one that is too short: that is a setting of it. */
export function NewPassword({ name = 'password', state }: { readonly name?: string; readonly state: FormState }) {
  return (
    <Field
      label={name === 'password' ? 'Password' : 'New password'}
      name={name}
      type="password"
      autoComplete="new-password"
      hint="A few words are good. No rules about digits or signs: longer is better."
      required
      state={state}
    />
  );
}
