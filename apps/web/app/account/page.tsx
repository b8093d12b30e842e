import type { Metadata } from 'next';

import { Link } from '../../components/link.tsx';
import type { Query } from '../../lib/query.ts';
import { load } from '../../lib/troth.ts';
import { wordOf } from '../../lib/words.ts';
import { ProfileForm } from './form.tsx';
import { profileOf } from './profile.ts';

export const metadata: Metadata = { title: 'Profile' };

const WELCOME = 'Welcome. Your address is confirmed, and you are logged in.';
/** Why somebody came here who wanted to go elsewhere. */
const REASONS = { 'no-admin': 'That page is for administrators, and you are none.' };

export default async function ProfilePage({ searchParams }: { readonly searchParams: Query }) {
  const { welcome, reason } = await searchParams;
  const said = welcome === '1' ? WELCOME : wordOf(REASONS, reason);
  const { me, etag } = await load(async (troth) => {
    const { data, response } = await troth.api.GET('/v1/me');
    return { data: { me: data, etag: response.headers.get('etag') ?? '' } };
  });
  return (
    <>
      {said !== undefined && (
        <p className="note" role="status">
          {said}
        </p>
      )}
      <div className="card">
        <h1>Profile</h1>
        <p>
          Your e-mail address is <strong>{me.email ?? 'none'}</strong>. <Link href="/account/email">Change it</Link>
        </p>
        <p className="quiet">Nothing below is needed. What you leave empty is not stored.</p>
        <ProfileForm profile={profileOf(me, etag)} />
      </div>
    </>
  );
}
