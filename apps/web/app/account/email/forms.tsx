'use client';

import { CodeField } from '../../../components/code-field.tsx';
import { Field } from '../../../components/field.tsx';
import { Form, Submit } from '../../../components/form.tsx';
import { SendAgain } from '../../../components/send-again.tsx';
import { confirmChange, giveUpChange, requestAgain, requestChange } from './actions.ts';

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

export function AgainForm({ newEmail }: { readonly newEmail: string }) {
  return (
    <Form action={requestAgain}>
      {() => (
        <>
          <input type="hidden" name="new_email" value={newEmail} />
          <SendAgain>Send another code</SendAgain>
        </>
      )}
    </Form>
  );
}

/** What is there after three wrong codes. */
export function StruckForm({ newEmail }: { readonly newEmail: string }) {
  return (
    <>
      <p className="note fault" role="alert" id="struck">
        Three wrong codes: this change is over.
      </p>
      <p>
        With a new code, <strong>{newEmail}</strong> can still become your address.
      </p>
      <Form action={requestAgain}>
        {() => (
          <>
            <input type="hidden" name="new_email" value={newEmail} />
            <SendAgain describedBy="struck" autoFocus>
              Send a new code
            </SendAgain>
          </>
        )}
      </Form>
    </>
  );
}

export function GiveUpForm() {
  return (
    <Form action={giveUpChange} className="below">
      {() => <Submit kind="plain">Give it up</Submit>}
    </Form>
  );
}
