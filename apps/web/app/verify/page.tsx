import type { Metadata } from 'next';

import { Link } from '../../components/link.tsx';
import { pendingClaim } from '../../lib/pending-claim.ts';
import { withdraw } from './actions.ts';
import { CodeForm, ResendForm } from './forms.tsx';

export const metadata: Metadata = { title: 'Enter the code' };

export default async function VerifyPage() {
  const claim = await pendingClaim();
  if (claim === undefined)
    return (
      <div className="narrow">
        <div className="card">
          <h1>No registration waits here</h1>
          <p>
            <Link href="/register">Register</Link>, or <Link href="/login">log in</Link> if you have an account.
          </p>
        </div>
      </div>
    );
  return (
    <div className="narrow">
      <div className="card">
        <h1>Enter the code</h1>
        <p>
          If <strong>{claim.email}</strong> has no account yet, a letter with a code is there now. You have{' '}
          {claim.maxAttempts} attempts.
        </p>
        <CodeForm expiresAt={claim.expiresAt} seconds={claim.seconds} maxLength={claim.maxLength} />
        <ResendForm resendAt={claim.resendAt} left={claim.resendsLeft} />
      </div>
      <form action={withdraw} className="below">
        <p>Not your address, or a slip of the finger?</p>
        <button className="plain" type="submit">
          Begin again
        </button>
      </form>
    </div>
  );
}
