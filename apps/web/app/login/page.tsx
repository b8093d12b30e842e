import type { Metadata } from 'next';

import { Link } from '../../components/link.tsx';
import { nextPath } from '../../lib/next-path.ts';
import type { Query } from '../../lib/query.ts';
import { wordOf } from '../../lib/words.ts';
import { LogInForm } from './form.tsx';

export const metadata: Metadata = { title: 'Log in' };

const REASONS = {
  'logged-out': 'You are logged out.',
  'session-ended': 'Your session was ended. Please log in again.',
  activated: 'The address is confirmed. Please log in.',
  'password-set': 'The new password is set. Please log in with it.',
};

export default async function LogInPage({ searchParams }: { readonly searchParams: Query }) {
  const { next, reason } = await searchParams;
  const said = wordOf(REASONS, reason);
  return (
    <div className="narrow">
      {said !== undefined && (
        <p className="note" role="status">
          {said}
        </p>
      )}
      <div className="card">
        <h1>Log in</h1>
        <LogInForm next={nextPath(next)} />
      </div>
      <p className="below">
        <Link href="/forgot">Forgot the password?</Link> · <Link href="/register">Register</Link>
      </p>
    </div>
  );
}
