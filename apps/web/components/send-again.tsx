'use client';

import type { ReactNode } from 'react';
import { useFormStatus } from 'react-dom';

/** The button that asks for another letter. While it has to wait it can be found, and says why, but does nothing. */
export function SendAgain({
  children,
  describedBy,
  waits = false,
  autoFocus = false,
}: {
  readonly children: ReactNode;
  readonly describedBy?: string | undefined;
  readonly waits?: boolean;
  readonly autoFocus?: boolean;
}) {
  const { pending } = useFormStatus();
  const isIdle = waits || pending;
  return (
    <button
      type="submit"
      className="plain"
      aria-describedby={describedBy}
      aria-disabled={isIdle}
      autoFocus={autoFocus}
      onClick={(event) => isIdle && event.preventDefault()}
    >
      {children}
    </button>
  );
}
