'use client';

import { Field } from '../../components/field.tsx';
import { Form, Submit } from '../../components/form.tsx';
import { NewPassword } from '../../components/new-password.tsx';
import { register } from './actions.ts';

export function RegisterForm() {
  return (
    <Form action={register} className="full">
      {(state) => (
        <>
          <Field label="E-mail address" name="email" type="email" autoComplete="email" required state={state} />
          <NewPassword state={state} />
          <Field
            label="User name"
            name="username"
            autoComplete="username"
            hint="To log in with in place of the address."
            state={state}
          />
          <Submit>Register</Submit>
        </>
      )}
    </Form>
  );
}
