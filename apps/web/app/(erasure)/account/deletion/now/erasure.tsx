'use client';

import { type ReactNode, useActionState, useEffect, useRef } from 'react';

import { Field } from '../../../../../components/field.tsx';
import { StatedForm, Submit } from '../../../../../components/form.tsx';
import { erase, type ErasureState, type Farewell } from './actions.ts';
import { FarewellCard } from './farewell.tsx';

/** The page before and after: what is there afterwards nobody can ask for again, so it is the same form that shows it. */
export function Erasure({ toType, children }: { readonly toType: string | undefined; readonly children: ReactNode }) {
  const [state, send] = useActionState(erase, {} satisfies ErasureState);
  if (state.farewell !== undefined) return <Done farewell={state.farewell} />;
  return (
    <>
      {children}
      {toType !== undefined && (
        <div className="card">
          <h2>Do it</h2>
          <StatedForm state={state} send={send}>
            <Field
              label={`Type ${toType}`}
              name="address"
              autoComplete="off"
              autoCapitalize="none"
              spellCheck={false}
              hint="So that nobody does this by accident."
              required
              state={state}
            />
            <Submit kind="danger">Delete my account for good</Submit>
          </StatedForm>
        </div>
      )}
    </>
  );
}

function Done({ farewell }: { readonly farewell: Farewell }) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    // The page of an account that is not there any more is nothing to come back to.
    window.history.replaceState(null, '', '/goodbye');
    heading.current?.focus();
    // Never taken away: it holds for as long as this document could show what it showed before.
    window.addEventListener('popstate', askAnew, { capture: true });
  }, []);
  return <FarewellCard farewell={farewell} heading={heading} />;
}

/** Whoever goes back gets what the server has for nobody, and not the pages of the account that this document remembers. */
function askAnew(event: PopStateEvent): void {
  event.stopImmediatePropagation();
  window.location.reload();
}
