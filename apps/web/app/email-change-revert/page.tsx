import type { Metadata } from 'next';

import { BrokenLink } from '../../components/broken-link.tsx';
import { TokenForm } from '../../components/token-form.tsx';
import { tokenOf } from '../../lib/link-token.ts';
import type { Query } from '../../lib/query.ts';
import { revert } from './actions.ts';

export const metadata: Metadata = { title: 'Was it not you who changed the address?' };

export default async function EmailChangeRevertPage({ searchParams }: { readonly searchParams: Query }) {
  const token = tokenOf((await searchParams).token);
  return (
    <div className="narrow">
      <div className="card">
        <h1>Was it not you who changed the address?</h1>
        {token === '' ? (
          <BrokenLink />
        ) : (
          <TokenForm action={revert} token={token} button="Restore my address">
            <p>You came here from a letter about your account. Nothing has been changed by opening this page.</p>
            <p>If it was not you who gave the account another address, take it back, and this happens:</p>
            <ul className="steps">
              <li>The account has this address again.</li>
              <li>All sessions end, on every device, and the password is void.</li>
              <li>A letter with a link to set a new password comes to this address.</li>
              <li>
                For 24 hours your address and how you log in stay what they are, and nobody can delete the account.
              </li>
            </ul>
          </TokenForm>
        )}
      </div>
      <p className="below">If it was you, you need not do anything.</p>
    </div>
  );
}
