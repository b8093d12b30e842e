import type { Metadata } from 'next';

import { load } from '../../../lib/troth.ts';
import { SessionsForm } from './form.tsx';

export const metadata: Metadata = { title: 'Sessions' };

export default async function SessionsPage() {
  const { data } = await load((troth) => troth.api.GET('/v1/sessions'));
  return (
    <div className="card">
      <h1>Sessions</h1>
      <p>Where you are logged in. What you do not know, end; then set a new password.</p>
      <SessionsForm sessions={data} />
    </div>
  );
}
