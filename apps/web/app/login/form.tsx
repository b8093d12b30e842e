'use client';

import { Field } from '../../components/field.tsx';
import { Form, Submit } from '../../components/form.tsx';
import { logIn } from './actions.ts';

export function LogInForm({ next }: { readonly next: string }) {
  return (
    <Form action={logIn} className="full">
      {(state) => (
        <>
          <input type="hidden" name="next" value={next} />
          <Field
            label="E-mail address or user name"
            name="name"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            required
            state={state}
          />
          <Field
            label="Password"
            name="password"
            type="password"
            autoComplete="current-password"
            required
            state={state}
          />
          <Submit>Log in</Submit>
        </>
      )}
    </Form>
  );
}
