import type { Metadata } from 'next';

import { Link } from '../../../../components/link.tsx';
import { requireAdmin } from '../../../../lib/session.ts';
import { pathOf } from '../../query.ts';
import { Facts } from './facts.tsx';
import { nameOf, type User } from '../status.tsx';
import { NoUser } from '../no-user.tsx';
import { SessionsForm, SuspensionForm, UserForm } from './forms.tsx';
import { readUser } from './read-user.ts';

export const metadata: Metadata = { title: 'User' };

export default async function UserPage({ params }: { readonly params: Promise<{ readonly id: string }> }) {
  const { userId } = await requireAdmin();
  const found = await readUser((await params).id);
  if (found === undefined) return <NoUser />;
  const { user, etag } = found;
  const isSelf = user.id === userId;
  return (
    <>
      <p>
        <Link href="/admin/users">All users</Link>
      </p>
      <h1>{nameOf(user)}</h1>
      {isSelf && <p className="note">This is you. What you do here, you do to yourself.</p>}
      <section className="card" aria-label="What is known">
        <Facts user={user} />
        <p className="below">
          <Link href={pathOf('/admin/audit', { user_id: user.id })}>What happened to this account</Link>
          {user.roles.includes('admin') && (
            <>
              {' · '}
              <Link href={pathOf('/admin/audit', { actor_id: user.id })}>What this administrator did</Link>
            </>
          )}
        </p>
      </section>
      <Acts user={user} etag={etag} isSelf={isSelf} />
    </>
  );
}

function Acts({ user, etag, isSelf }: { readonly user: User; readonly etag: string; readonly isSelf: boolean }) {
  const isSuspended = user.suspended_at !== null;
  return (
    <>
      <section className="card" aria-labelledby="change">
        <h2 id="change">Change</h2>
        <UserForm user={user} etag={etag} />
      </section>
      <section className="card" aria-labelledby="suspension">
        <h2 id="suspension">Suspension</h2>
        <p>
          {isSuspended
            ? 'No log-in opens a session until the suspension is over. Its end revives none of the former ones.'
            : 'All sessions end, and no log-in opens another one until the suspension is over.'}
          {isSelf && !isSuspended && ' You are out at once, and somebody else has to let you in again.'}
        </p>
        <SuspensionForm id={user.id} isSuspended={isSuspended} />
      </section>
      <section className="card" aria-labelledby="sessions">
        <h2 id="sessions">Sessions</h2>
        <p>{sessionsOf(user.sessions, isSelf)}</p>
        <SessionsForm id={user.id} />
      </section>
      <section className="card" aria-labelledby="deletion">
        <h2 id="deletion">Deletion</h2>
        <p>The account is erased at once and for good. The next page says what happens, and asks again.</p>
        <Link className="button danger" href={`/admin/users/${user.id}/delete`}>
          Delete this account
        </Link>
      </section>
    </>
  );
}

function sessionsOf(count: number, isSelf: boolean): string {
  if (count === 0) return 'No session is alive.';
  const alive = count === 1 ? 'One session is alive.' : `${count} sessions are alive.`;
  return isSelf
    ? `${alive} One of them is yours, here: you have to log in again.`
    : `${alive} The user has to log in again.`;
}
