'use client';

import { CodeField } from '../../components/code-field.tsx';
import { useSecondsUntil } from '../../components/countdown.tsx';
import { Form, Submit } from '../../components/form.tsx';
import { activate, resend } from './actions.ts';

export function CodeForm({
  expiresAt,
  seconds,
  maxLength,
}: {
  readonly expiresAt: number;
  readonly seconds: number;
  readonly maxLength: number;
}) {
  return (
    <Form action={activate} className="full">
      {(state) => (
        <>
          <CodeField digits={maxLength} expiresAt={expiresAt} seconds={seconds} state={state} />
          <Submit>Confirm</Submit>
        </>
      )}
    </Form>
  );
}

export function ResendForm({ resendAt, left }: { readonly resendAt: number; readonly left: number }) {
  const seconds = useSecondsUntil(resendAt);
  if (left <= 0) return <p className="below">There are no more codes for this registration: begin again.</p>;
  return (
    <Form action={resend}>
      {() => (
        <div className="actions">
          <Submit kind="plain">Send another code</Submit>
          <span className="hint">
            {seconds > 0 ? `In ${seconds} seconds; ` : ''}
            {left === 1 ? 'once more' : `${left} times more`}
          </span>
        </div>
      )}
    </Form>
  );
}
