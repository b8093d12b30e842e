import { type components, TrothProblem } from '@troth/client';
import type { Metadata } from 'next';
import { redirect } from 'next/navigation';

import { Link } from '../../../components/link.tsx';
import { Time } from '../../../components/time.tsx';
import { onceOf, type Query } from '../../../lib/query.ts';
import { load } from '../../../lib/troth.ts';
import { BY, EVENTS } from './events.ts';

export const metadata: Metadata = { title: 'Activity' };

export default async function ActivityPage({ searchParams }: { readonly searchParams: Query }) {
  const cursor = onceOf((await searchParams).cursor);
  const page = await activity(cursor);
  return (
    <div className="card">
      <h1>Activity</h1>
      <p>
        What happened to your account, the newest first. Was something not you?{' '}
        <Link href="/account/password">Set a new password</Link>: it ends all other sessions.
      </p>
      <ol className="list">
        {page.data.map((entry) => (
          <Entry key={entry.id} entry={entry} />
        ))}
      </ol>
      {page.data.length === 0 && <p className="quiet">There is nothing older.</p>}
      <nav className="actions" aria-label="Pages of the activity">
        {cursor !== undefined && (
          <Link className="button plain" href="/account/activity">
            Newest
          </Link>
        )}
        {page.next_cursor !== null && (
          <Link className="button plain" href={`/account/activity?cursor=${encodeURIComponent(page.next_cursor)}`}>
            Older
          </Link>
        )}
      </nav>
    </div>
  );
}

async function activity(cursor: string | undefined): Promise<components['schemas']['ActivityPage']> {
  try {
    return await load((troth) =>
      troth.api.GET('/v1/me/activity', { params: { query: cursor === undefined ? {} : { cursor } } }),
    );
  } catch (error) {
    // A link that was cut short on its way.
    if (cursor !== undefined && error instanceof TrothProblem && error.code === 'validation-failed')
      redirect('/account/activity');
    throw error;
  }
}

function Entry({ entry }: { readonly entry: components['schemas']['ActivityEntry'] }) {
  return (
    <li>
      <div>
        <strong>{EVENTS[entry.event]}</strong>
        <p className="hint">
          {BY[entry.by]}
          {entry.device_name !== null && (
            <>
              , on <bdi>{entry.device_name}</bdi>
            </>
          )}
          {entry.source !== null && `, from ${entry.source}`}
        </p>
        {entry.reason !== null && (
          <p className="hint">
            The reason: “<bdi>{entry.reason}</bdi>”
          </p>
        )}
      </div>
      <span className="quiet">
        <Time at={entry.occurred_at} />
      </span>
    </li>
  );
}
