import { Link } from './link.tsx';
import { currentSession } from '../lib/session.ts';

/** What stands above every page: where one may go, by who one is. */
export async function Top() {
  // A page that cannot be told who it is for says so itself.
  const session = await currentSession().catch(() => undefined);
  return (
    <header className="top">
      <nav className="top-inner" aria-label="Main">
        <Link className="brand" href="/">
          Troth
        </Link>
        {session === undefined ? (
          <>
            <Link href="/login">Log in</Link>
            <Link href="/register">Register</Link>
          </>
        ) : (
          <>
            <Link href="/account">Account</Link>
            {session.isAdmin && <Link href="/admin/users">Administration</Link>}
            <form action="/log-out" method="post">
              <button className="plain" type="submit">
                Log out
              </button>
            </form>
          </>
        )}
      </nav>
    </header>
  );
}
