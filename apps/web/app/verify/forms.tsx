'use client';

import { CodeField } from '../../components/code-field.tsx';
import { useSecondsUntil } from '../../components/countdown.tsx';
import { Form, Submit } from '../../components/form.tsx';
import { SendAgain } from '../../components/send-again.tsx';
import { roundedSpan, spanOf } from '../../lib/spans.ts';
import { activate, resend } from './actions.ts';

export function CodeForm({
  expiresAt,
  asOf,
  seconds,
  maxLength,
}: {
  readonly expiresAt: number;
  /** What the server's clock showed when the page was made. */
  readonly asOf: number;
  readonly seconds: number;
  readonly maxLength: number;
}) {
  return (
    <Form action={activate} className="full">
      {(state) => (
        <>
          <CodeField digits={maxLength} expiresAt={expiresAt} asOf={asOf} seconds={seconds} state={state} autoFocus />
          <Submit>Confirm</Submit>
        </>
      )}
    </Form>
  );
}

export function ResendForm({
  expiresAt,
  asOf,
  resendAt,
  resendSeconds,
  left,
}: {
  readonly expiresAt: number;
  readonly asOf: number;
  readonly resendAt: number;
  readonly resendSeconds: number;
  readonly left: number;
}) {
  const isOver = (useSecondsUntil(expiresAt, asOf) ?? expiresAt - asOf) <= 0;
  const wait = useSecondsUntil(resendAt, asOf);
  const inTime = resendAt > asOf ? `At the earliest after ${spanOf(resendSeconds)}; ` : '';
  const when = wait === undefined ? inTime : wait > 0 ? `In ${roundedSpan(wait)}; ` : '';
  return (
    <Form action={resend}>
      {() =>
        left <= 0 && !isOver ? (
          <p className="below">There are no more letters with this code. When its time is over, ask for a new one.</p>
        ) : (
          <div className="actions">
            <SendAgain describedBy={isOver ? undefined : 'resend-hint'} waits={!isOver && (wait ?? 0) > 0}>
              Send another code
            </SendAgain>
            {!isOver && (
              <span className="hint" id="resend-hint">
                {when}
                {left === 1 ? 'once more' : `${left} times more`}
              </span>
            )}
          </div>
        )
      }
    </Form>
  );
}

/** What is there after three wrong codes. */
export function StruckForm({ email }: { readonly email: string }) {
  return (
    <>
      <p className="note fault" role="alert" id="struck">
        Three wrong codes: this registration is over.
      </p>
      <p>
        Another one for <strong>{email}</strong> begins with a new code.
      </p>
      <Form action={resend}>
        {() => (
          // The field that had the focus is gone.
          <SendAgain describedBy="struck" autoFocus>
            Send a new code
          </SendAgain>
        )}
      </Form>
    </>
  );
}
