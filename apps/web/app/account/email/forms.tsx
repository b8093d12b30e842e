'use client';

import { CodeField } from '../../../components/code-field.tsx';
import { Field } from '../../../components/field.tsx';
import { Form, Submit } from '../../../components/form.tsx';
import { confirmChange, giveUpChange, requestChange } from './actions.ts';

export function RequestForm() {
  return (
    <Form action={requestChange}>
      {(state) => (
        <>
          <Field label="New address" name="new_email" type="email" autoComplete="email" required state={state} />
          <Submit>Send a code there</Submit>
        </>
      )}
    </Form>
  );
}

export function CodeForm({
  expiresAt,
  asOf,
  expiresIn,
  codeLength,
}: {
  readonly expiresAt: number;
  /** What the server's clock showed when the page was made. */
  readonly asOf: number;
  readonly expiresIn: number;
  readonly codeLength: number;
}) {
  return (
    <Form action={confirmChange}>
      {(state) => (
        <>
          <CodeField digits={codeLength} expiresAt={expiresAt} asOf={asOf} seconds={expiresIn} state={state} />
          <Submit>Confirm the new address</Submit>
        </>
      )}
    </Form>
  );
}

export function GiveUpForm() {
  return <Form action={giveUpChange}>{() => <Submit kind="plain">Give it up</Submit>}</Form>;
}
