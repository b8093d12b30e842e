import { TrothProblem } from '@troth/client';
import type { Metadata } from 'next';

import { Link } from '../../../components/link.tsx';
import { Outcome } from '../../../components/outcome.tsx';
import type { Query } from '../../../lib/query.ts';
import { load } from '../../../lib/troth.ts';
import { wordOf } from '../../../lib/words.ts';
import { DeletionForm } from './forms.tsx';
import { Inventory } from './inventory.tsx';

export const metadata: Metadata = { title: 'Your data' };

const DOWNLOADS = {
  often: 'The download was asked for too often. Please try again in an hour.',
  away: 'The service does not answer at the moment. Please try again in a while.',
};

export default async function DeletionPage({ searchParams }: { readonly searchParams: Query }) {
  const failed = wordOf(DOWNLOADS, (await searchParams).download);
  const effectiveAt = await scheduled();
  return (
    <>
      <Outcome state={{ fault: failed }} />
      <div className="card">
        <h1>Your data</h1>
        <p>
          What is stored about you, you can have: as a file of JSON, with everything that refers to you. What is left
          out, and why, stands in the list.
        </p>
        <div className="actions">
          {/* No Link: it is a file, and never fetched in advance. */}
          <a className="button" href="/account/export">
            Download everything
          </a>
        </div>
        <h2>What is stored, why, and for how long</h2>
        <p>This list comes from the database itself, and is the same for everybody.</p>
        <Inventory />
      </div>
      <div className="card">
        <h2>Delete the account later</h2>
        <DeletionForm effectiveAt={effectiveAt} />
      </div>
      <div className="card">
        <h2>Delete the account now</h2>
        <p>You are shown first what goes and what stays. There is no way back afterwards.</p>
        <div className="actions">
          <Link className="button danger" href="/account/deletion/now">
            Delete it now
          </Link>
        </div>
      </div>
    </>
  );
}

/** When the account will be erased; undefined: it is not to be. */
async function scheduled(): Promise<string | undefined> {
  try {
    return (await load((troth) => troth.api.GET('/v1/me/deletion'))).effective_at;
  } catch (error) {
    if (error instanceof TrothProblem && error.code === 'not-found') return undefined;
    throw error;
  }
}
