'use client';

import { Field } from '../../components/field.tsx';
import { Form, Submit } from '../../components/form.tsx';
import { reauthenticate } from './actions.ts';

export function ReauthenticateForm({ next }: { readonly next: string }) {
  return (
    <Form action={reauthenticate} className="full">
      {(state) => (
        <>
          <input type="hidden" name="next" value={next} />
          <Field
            label="Password"
            name="password"
            type="password"
            autoComplete="current-password"
            required
            state={state}
          />
          <Submit>Go on</Submit>
        </>
      )}
    </Form>
  );
}
