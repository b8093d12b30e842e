'use client';

import { type ReactNode, useActionState } from 'react';
import { useFormStatus } from 'react-dom';

import type { FormState } from '../lib/forms.ts';

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
    <form action={send} className={className} noValidate>
      <div aria-live="polite">
        {state.fault !== undefined && (
          <p className="note fault" role="alert">
            {state.fault}
          </p>
        )}
        {state.done !== undefined && <p className="note">{state.done}</p>}
      </div>
      {children(state)}
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
