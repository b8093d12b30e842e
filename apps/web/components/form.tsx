'use client';

import { type ReactNode, useActionState } from 'react';
import { useFormStatus } from 'react-dom';

import type { FormState } from '../lib/forms.ts';
import { Outcome } from './outcome.tsx';

type Action = (state: FormState, form: FormData) => Promise<FormState>;

/** A form that works without a script as well: what came of it stands above its fields. */
export function Form({
  action,
  children,
  className,
}: {
  readonly action: Action;
  readonly children: (state: FormState) => ReactNode;
  readonly className?: string;
}) {
  const [state, send] = useActionState(action, {});
  return (
    <StatedForm state={state} send={send} className={className}>
      {children(state)}
    </StatedForm>
  );
}

/** The same for whoever has the state, because it changes more of the page than the form. */
export function StatedForm({
  state,
  send,
  children,
  className,
}: {
  readonly state: FormState;
  readonly send: (form: FormData) => void;
  readonly children: ReactNode;
  readonly className?: string | undefined;
}) {
  return (
    <form action={send} className={className} noValidate>
      <Outcome state={state} />
      {children}
    </form>
  );
}

/** The button that sends its form, once. */
export function Submit({ children, kind }: { readonly children: ReactNode; readonly kind?: 'plain' | 'danger' }) {
  const { pending } = useFormStatus();
  return (
    <button type="submit" className={kind} disabled={pending}>
      {children}
    </button>
  );
}
