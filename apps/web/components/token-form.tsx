'use client';

import type { ReactNode } from 'react';

import type { FormState } from '../lib/forms.ts';
import { Form, Submit } from './form.tsx';

/** The one button of a page that a link in a letter leads to. Mail scanners open links, but they press nothing. */
export function TokenForm({
  action,
  token,
  button,
  children,
}: {
  readonly action: (state: FormState, form: FormData) => Promise<FormState>;
  readonly token: string;
  readonly button: string;
  /** What it does, until it is done. */
  readonly children: ReactNode;
}) {
  return (
    <Form action={action} className="full">
      {(state) =>
        state.done === undefined && (
          <>
            {children}
            <input type="hidden" name="token" value={token} />
            <Submit kind="danger">{button}</Submit>
          </>
        )
      }
    </Form>
  );
}
