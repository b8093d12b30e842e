import type { Metadata } from 'next';

import { Link } from '../../components/link.tsx';
import { BrokenLink } from '../../components/broken-link.tsx';
import { TokenForm } from '../../components/token-form.tsx';
import { tokenOf } from '../../lib/link-token.ts';
import type { Query } from '../../lib/query.ts';
import { notMe } from './actions.ts';

export const metadata: Metadata = { title: 'Was it not you?' };

export default async function NotMePage({ searchParams }: { readonly searchParams: Query }) {
  const token = tokenOf((await searchParams).token);
  return (
    <div className="narrow">
      <div className="card">
        <h1>Was it not you?</h1>
        {token === '' ? (
          <BrokenLink />
        ) : (
          <TokenForm action={notMe} token={token} button="It was not me">
            <p>You came here from a letter about your account. Nothing has been changed by opening this page.</p>
            <p>If what the letter tells was not you, say so, and this happens:</p>
            <ul className="steps">
              <li>All sessions end, on every device, and the password is void. Whoever is in your account is out.</li>
              <li>A letter with a link to set a new password comes to you.</li>
              <li>
                For 24 hours your address and how you log in stay what they are, and nobody can delete the account.
              </li>
            </ul>
          </TokenForm>
        )}
      </div>
      <p className="below">
        If it was you, you need not do anything. If the link is too old, you can still{' '}
        <Link href="/forgot">set a new password</Link>, which ends all sessions as well.
      </p>
    </div>
  );
}
