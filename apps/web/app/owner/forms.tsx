'use client';

import { Field } from '../../components/field.tsx';
import { Form, Submit } from '../../components/form.tsx';
import { NewPassword } from '../../components/new-password.tsx';
import { mute, registerOwner } from './actions.ts';

export function OwnerRegisterForm({ token }: { readonly token: string }) {
  return (
    <Form action={registerOwner} className="full">
      {(state) => (
        <>
          <input type="hidden" name="owner_token" value={token} />
          <Field
            label="E-mail address"
            name="email"
            type="email"
            autoComplete="email"
            hint="The one that the letter came to."
            required
            state={state}
          />
          <NewPassword state={state} />
          <Submit>Register</Submit>
        </>
      )}
    </Form>
  );
}

export function MuteForm({ token }: { readonly token: string }) {
  return (
    <Form action={mute}>
      {({ values: { days = '30' } = {} }) => (
        <>
          <input type="hidden" name="owner_token" value={token} />
          <div className="field">
            <label htmlFor="days">Letters about registrations</label>
            {/* React resets a form that was sent, and forgets the choice unless the list is a new one. */}
            <select id="days" name="days" key={days} defaultValue={days}>
              <option value="1">stay away for a day</option>
              <option value="7">stay away for a week</option>
              <option value="30">stay away for 30 days</option>
              <option value="0">come again</option>
            </select>
          </div>
          <Submit kind="plain">Save</Submit>
        </>
      )}
    </Form>
  );
}
