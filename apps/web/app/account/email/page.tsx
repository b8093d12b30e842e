import type { Metadata } from 'next';

import { requireSession } from '../../../lib/session.ts';
import { load } from '../../../lib/troth.ts';
import { spanOf } from '../../../lib/spans.ts';
import { type EmailChange, keptChange } from './change.ts';
import { CodeForm, GiveUpForm, RequestForm } from './forms.tsx';

export const metadata: Metadata = { title: 'E-mail address' };

export default async function EmailPage() {
  const { userId } = await requireSession();
  const me = await load((troth) => troth.api.GET('/v1/me'));
  const change = await keptChange(userId);
  const waits = change !== undefined && !change.isMade;
  return (
    <>
      {change?.isMade === true && <Made change={change} />}
      <div className="card">
        <h1>E-mail address</h1>
        <p>
          You log in with <strong className="address">{me.email ?? 'no address'}</strong>, and letters go there.
        </p>
        {!waits && (
          <>
            <h2>Another address</h2>
            <p>A code goes to the new address. Only when you enter it here, the address is changed.</p>
            <RequestForm />
          </>
        )}
      </div>
      {waits && <Waiting change={change} asOf={Date.now()} />}
    </>
  );
}

function Waiting({ change, asOf }: { readonly change: EmailChange; readonly asOf: number }) {
  const { expiresAt, expiresIn, codeLength } = change;
  return (
    <div className="card">
      <h2 className="first">Enter the code</h2>
      <p>
        If nobody else has <strong className="address">{change.newEmail}</strong>, a letter with a code of{' '}
        {change.codeLength} digits is there now. You have {change.maxAttempts} attempts within{' '}
        {spanOf(change.expiresIn)}.
      </p>
      <CodeForm {...{ expiresAt, expiresIn, codeLength }} asOf={asOf} />
      <p className="below">
        With the code all your other sessions end, and a letter tells the present address. Whoever reads letters there
        can take the change back for {spanOf(change.revertibleFor)}: so a thief cannot keep your account.
      </p>
      <GiveUpForm />
    </div>
  );
}

function Made({ change }: { readonly change: EmailChange }) {
  return (
    <p className="note" role="status">
      The address is changed, and all other sessions are ended. A letter went to the former address: with its link the
      change can be taken back for {spanOf(change.revertibleFor)}.
    </p>
  );
}
