'use client';

import { Link } from './link.tsx';
import { usePathname } from 'next/navigation';

/** The pages of a part of the application, and which of them this is. */
export function SideNav({
  label,
  pages,
}: {
  readonly label: string;
  readonly pages: readonly { readonly href: string; readonly label: string }[];
}) {
  const pathname = usePathname();
  return (
    <nav className="side" aria-label={label}>
      <ul>
        {pages.map((page) => (
          <li key={page.href}>
            <Link href={page.href} aria-current={pathname === page.href ? 'page' : undefined}>
              {page.label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
