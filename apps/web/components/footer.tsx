import { Link } from './link.tsx';

/** What stands below every page. */
export function Footer() {
  return (
    <footer className="bottom">
      <Link href="/privacy">What is stored, and for how long</Link>
    </footer>
  );
}
