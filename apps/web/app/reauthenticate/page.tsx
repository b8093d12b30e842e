import type { Metadata } from 'next';

import { nextPath } from '../../lib/next-path.ts';
import type { Query } from '../../lib/query.ts';
import { requireSession } from '../../lib/session.ts';
import { ReauthenticateForm } from './form.tsx';

export const metadata: Metadata = { title: 'Is it you?' };

export default async function ReauthenticatePage({ searchParams }: { readonly searchParams: Query }) {
  await requireSession();
  const { next } = await searchParams;
  return (
    <div className="narrow">
      <div className="card">
        <h1>Is it you?</h1>
        <p>What you are about to do wants your password again, if it was shown more than five minutes ago.</p>
        <ReauthenticateForm next={nextPath(next)} />
      </div>
    </div>
  );
}
