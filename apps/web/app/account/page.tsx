import type { Metadata } from 'next';

import { Link } from '../../components/link.tsx';
import type { Query } from '../../lib/query.ts';
import { load } from '../../lib/troth.ts';
import { ProfileForm } from './form.tsx';
import { profileOf } from './profile.ts';

export const metadata: Metadata = { title: 'Profile' };

export default async function ProfilePage({ searchParams }: { readonly searchParams: Query }) {
  const { welcome } = await searchParams;
  const { me, etag } = await load(async (troth) => {
    const { data, response } = await troth.api.GET('/v1/me');
    return { data: { me: data, etag: response.headers.get('etag') ?? '' } };
  });
  return (
    <>
      {welcome === '1' && (
        <p className="note" role="status">
          Welcome. Your address is confirmed, and you are logged in.
        </p>
      )}
      <div className="card">
        <h1>Profile</h1>
        <p>
          Your e-mail address is <strong className="address">{me.email ?? 'none'}</strong>.{' '}
          <Link href="/account/email">Change it</Link>
        </p>
        <p className="quiet">Nothing below is needed. What you leave empty is not stored.</p>
        <ProfileForm profile={profileOf(me, etag)} />
      </div>
    </>
  );
}
