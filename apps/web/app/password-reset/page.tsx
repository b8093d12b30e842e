import type { Metadata } from 'next';

import { BrokenLink } from '../../components/broken-link.tsx';
import { tokenOf } from '../../lib/link-token.ts';
import type { Query } from '../../lib/query.ts';
import { ResetForm } from './form.tsx';

export const metadata: Metadata = { title: 'Set a new password' };

export default async function PasswordResetPage({ searchParams }: { readonly searchParams: Query }) {
  const { token, owner_token: ownerToken } = await searchParams;
  return (
    <div className="narrow">
      <div className="card">
        <h1>Set a new password</h1>
        {tokenOf(token) === '' ? (
          <>
            <BrokenLink />
            <p>Or ask for a letter with another one.</p>
          </>
        ) : (
          <p>
            You came here from a letter. Nothing has been changed by opening this page. When the password is set,
            everybody who was logged in has to log in again.
          </p>
        )}
        <ResetForm token={tokenOf(token)} ownerToken={tokenOf(ownerToken)} />
      </div>
    </div>
  );
}
