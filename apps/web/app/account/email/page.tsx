import type { Metadata } from 'next';

import type { Query } from '../../../lib/query.ts';
import { requireSession } from '../../../lib/session.ts';
import { load } from '../../../lib/troth.ts';
import { counted, spanOf } from '../../../lib/spans.ts';
import { type EmailChange, keptChange } from './change.ts';
import { AgainForm, CodeForm, GiveUpForm, RequestForm, StruckForm } from './forms.tsx';

export const metadata: Metadata = { title: 'E-mail address' };

export default async function EmailPage({ searchParams }: { readonly searchParams: Query }) {
  const { userId } = await requireSession();
  const me = await load((troth) => troth.api.GET('/v1/me'));
  const [change, { changed }] = await Promise.all([keptChange(userId), searchParams]);
  return (
    <>
      {changed !== undefined && change === undefined && <Made />}
      <div className="card">
        <h1>E-mail address</h1>
        <p>
          You log in with <strong>{me.email ?? 'no address'}</strong>, and letters go there.
        </p>
        {change === undefined && (
          <>
            <h2>Another address</h2>
            <p>A code goes to the new address. Only when you enter it here, the address is changed.</p>
            <RequestForm />
          </>
        )}
      </div>
      {change !== undefined && (
        <div className="card">
          <h2>Enter the code</h2>
          {change.attemptsLeft > 0 ? (
            <Waiting change={change} asOf={Date.now()} />
          ) : (
            <StruckForm newEmail={change.newEmail} />
          )}
          <GiveUpForm />
        </div>
      )}
    </>
  );
}

function Waiting({ change, asOf }: { readonly change: EmailChange; readonly asOf: number }) {
  const { newEmail, startedAt, expiresAt, expiresIn, attemptsLeft, codeLength } = change;
  return (
    <>
      <p>
        If nobody else has <strong>{newEmail}</strong>, a letter with a code of {codeLength} digits is there now. It is
        good for {spanOf(expiresIn)}. You have {counted(attemptsLeft, 'attempt')} left.
      </p>
      {/* What was said of the code of another change is not true of this one. */}
      <CodeForm key={startedAt} {...{ expiresAt, asOf, expiresIn, codeLength }} />
      <p className="below">
        With the code all your other sessions end, and a letter tells the present address. Whoever reads letters there
        can take the change back for {spanOf(change.revertibleFor)}: so a thief cannot keep your account.
      </p>
      <AgainForm newEmail={newEmail} />
    </>
  );
}

function Made() {
  return (
    <p className="note" role="status">
      The address is changed, and all other sessions are ended. A letter with a link that takes the change back went to
      the former address.
    </p>
  );
}
