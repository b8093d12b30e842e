import type { Metadata } from 'next';

import { load } from '../../../lib/troth.ts';
import { PasswordForm } from './form.tsx';

export const metadata: Metadata = { title: 'Password' };

export default async function PasswordPage() {
  const me = await load((troth) => troth.api.GET('/v1/me'));
  return (
    <div className="card">
      <h1>Password</h1>
      <p>With a new password all other sessions of yours end. This one stays.</p>
      <PasswordForm name={me.email ?? me.username ?? ''} />
    </div>
  );
}
