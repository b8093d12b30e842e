'use client';

import { Field } from '../../components/field.tsx';
import { Form, Submit } from '../../components/form.tsx';
import { NewPassword } from '../../components/new-password.tsx';
import { register } from './actions.ts';

export function RegisterForm({ email, username }: { readonly email?: string; readonly username?: string }) {
  return (
    <Form action={register} className="full">
      {(state) => (
        <>
          <Field
            label="E-mail address"
            name="email"
            type="email"
            autoComplete="email"
            defaultValue={email}
            required
            state={state}
          />
          <NewPassword state={state} />
          <Field
            label="User name"
            name="username"
            autoComplete="username"
            defaultValue={username}
            autoCapitalize="none"
            spellCheck={false}
            hint="To log in with in place of the address."
            state={state}
          />
          <Submit>Register</Submit>
        </>
      )}
    </Form>
  );
}
