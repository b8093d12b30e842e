'use client';

import { type ComponentProps, type MouseEvent, type ReactNode, useActionState, useEffect, useId, useRef } from 'react';
import { useFormStatus } from 'react-dom';

import type { FormState } from '../lib/forms.ts';
import { STEP_UP } from '../lib/step-up.ts';
import { Field } from './field.tsx';
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
  const form = useRef<HTMLFormElement>(null);
  // Whoever reads with the ears or goes by the keyboard is led to what there is to do, or to what was done.
  useEffect(() => {
    const find = (wanted: string) => form.current?.querySelector<HTMLElement>(wanted);
    (find('[aria-invalid=true]') ?? find(`[name=${STEP_UP}]`) ?? find(':scope > .note'))?.focus();
  }, [state]);
  return (
    <form ref={form} action={send} className={className} noValidate>
      <Outcome state={state} />
      {state.asksPassword === true && <StepUp state={state} />}
      {children}
    </form>
  );
}

function StepUp({ state }: { readonly state: FormState }) {
  return (
    <Field
      // Several forms of a page may ask.
      id={useId()}
      label="Password"
      name={STEP_UP}
      type="password"
      autoComplete="current-password"
      hint="What you are about to do wants it, if it was shown more than five minutes ago."
      required
      state={state}
    />
  );
}

interface SubmitProps extends Omit<ComponentProps<'button'>, 'type' | 'className' | 'disabled' | 'onClick'> {
  readonly kind?: 'plain' | 'danger';
}

/** A button that sends its form, once. It is not disabled meanwhile: the focus would be lost. */
export function Submit({ kind, ...button }: SubmitProps) {
  const { pending } = useFormStatus();
  // The key that sends a form from one of its fields presses its first button as well.
  const onClick = (event: MouseEvent): void => {
    if (pending) event.preventDefault();
  };
  return <button {...button} type="submit" className={kind} aria-disabled={pending} onClick={onClick} />;
}
