'use client';

import { Field } from '../../components/field.tsx';
import { Form, Submit } from '../../components/form.tsx';
import type { FormState } from '../../lib/forms.ts';
import { requestReset } from './actions.ts';

export function ForgotForm() {
  return (
    <Form action={requestReset} className="full">
      {(state) => <RequestFields state={state} label="Mail me a link" />}
    </Form>
  );
}

/** What asks for a letter with a link; once it was sent, what to do if none comes. */
export function RequestFields({ state, label }: { readonly state: FormState; readonly label: string }) {
  if (state.done !== undefined)
    return (
      <p className="hint">
        If nothing comes within some minutes, look among the unwanted mail too. Perhaps you registered with another
        address.
      </p>
    );
  return (
    <>
      <Field label="E-mail address" name="email" type="email" autoComplete="email" required state={state} />
      <Submit>{label}</Submit>
    </>
  );
}
