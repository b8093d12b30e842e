import type { ReactNode } from 'react';

import { SideNav } from '../../components/side-nav.tsx';
import { requireSession } from '../../lib/session.ts';

const PAGES = [
  { href: '/account', label: 'Profile' },
  { href: '/account/email', label: 'E-mail address' },
  { href: '/account/password', label: 'Password' },
  { href: '/account/sessions', label: 'Sessions' },
  { href: '/account/activity', label: 'Activity' },
  { href: '/account/deletion', label: 'Your data' },
] as const;

export default async function AccountLayout({ children }: { readonly children: ReactNode }) {
  await requireSession();
  return (
    <div className="wide with-side">
      <SideNav label="Account" pages={PAGES} />
      <div>{children}</div>
    </div>
  );
}
