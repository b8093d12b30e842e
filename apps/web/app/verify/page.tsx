import type { Metadata } from 'next';

import { Link } from '../../components/link.tsx';
import { type PendingClaim, pendingClaim } from '../../lib/pending-claim.ts';
import { counted } from '../../lib/spans.ts';
import { withdraw } from './actions.ts';
import { CodeForm, ResendForm, StruckForm } from './forms.tsx';

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
        {claim.attemptsLeft > 0 ? (
          <Waiting claim={claim} asOf={Date.now()} />
        ) : (
          <StruckForm email={claim.asked.email} />
        )}
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

function Waiting({ claim, asOf }: { readonly claim: PendingClaim; readonly asOf: number }) {
  const { expiresAt, seconds, maxLength, resendAt, resendSeconds } = claim;
  return (
    <>
      <p>
        If <strong>{claim.asked.email}</strong> has no account yet, a letter with a code is there now. You have{' '}
        {counted(claim.attemptsLeft, 'attempt')} left.
      </p>
      {/* What was said of the code of another claim is not true of this one. */}
      <CodeForm key={claim.startedAt} expiresAt={expiresAt} asOf={asOf} seconds={seconds} maxLength={maxLength} />
      <ResendForm {...{ expiresAt, asOf, resendAt, resendSeconds }} left={claim.resendsLeft} />
    </>
  );
}
