'use client';

import { Field } from '../../../components/field.tsx';
import { Form, Submit } from '../../../components/form.tsx';
import { NewPassword } from '../../../components/new-password.tsx';
import { changePassword } from './actions.ts';

export function PasswordForm({ name }: { readonly name: string }) {
  return (
    <Form action={changePassword}>
      {(state) => (
        <>
          {/* Tells password managers whose password it is. */}
          <input type="text" autoComplete="username" defaultValue={name} readOnly hidden />
          <Field
            label="Present password"
            name="current_password"
            type="password"
            autoComplete="current-password"
            required
            state={state}
          />
          <NewPassword name="new_password" state={state} />
          <Submit>Set the new password</Submit>
        </>
      )}
    </Form>
  );
}
