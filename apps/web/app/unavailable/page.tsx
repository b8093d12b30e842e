import type { Metadata } from 'next';

import { nextPath } from '../../lib/next-path.ts';
import type { Query } from '../../lib/query.ts';

export const metadata: Metadata = { title: 'The service does not answer' };

/** Where pages lead to that cannot be shown while the API is away. An error page would need a script. */
export default async function UnavailablePage({ searchParams }: { readonly searchParams: Query }) {
  const { next } = await searchParams;
  return (
    <div className="narrow">
      <div className="card" role="alert">
        <h1>The service does not answer</h1>
        <p>Nothing is lost, and you are as logged in as before. Please try again in a while.</p>
        <div className="actions">
          <a className="button" href={nextPath(next)}>
            Try again
          </a>
        </div>
      </div>
    </div>
  );
}
