import type { ReactNode } from 'react';

import { SideNav } from '../../components/side-nav.tsx';
import { requireAdmin } from '../../lib/session.ts';

const PAGES = [
  { href: '/admin/users', label: 'Users' },
  { href: '/admin/audit', label: 'Audit events' },
  { href: '/admin/audit/chain', label: 'Audit chain' },
] as const;

export default async function AdminLayout({ children }: { readonly children: ReactNode }) {
  await requireAdmin();
  return (
    <div className="wide with-side">
      <SideNav label="Administration" pages={PAGES} />
      <div>{children}</div>
    </div>
  );
}
