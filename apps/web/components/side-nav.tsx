'use client';

import { Link } from './link.tsx';
import { usePathname } from 'next/navigation';

/** The pages of a part of the application, and which of them this is, or belongs to. */
export function SideNav({
  label,
  pages,
}: {
  readonly label: string;
  readonly pages: readonly { readonly href: string; readonly label: string }[];
}) {
  const pathname = usePathname();
  const here = pages
    .map(({ href }) => href)
    .filter((href) => `${pathname}/`.startsWith(`${href}/`))
    .reduce((longest, href) => (href.length > longest.length ? href : longest), '');
  const current = pathname === here ? 'page' : 'true';
  return (
    <nav className="side" aria-label={label}>
      <ul>
        {pages.map((page) => (
          <li key={page.href}>
            <Link href={page.href} aria-current={page.href === here ? current : undefined}>
              {page.label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
