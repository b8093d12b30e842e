import { Link } from '../../../components/link.tsx';

/** In place of a page about somebody who is not there. No 404: Next.js would draw that by a script alone. */
export function NoUser() {
  return (
    <>
      <h1>There is nobody here any more</h1>
      <p>The account was erased, or the link is not whole.</p>
      <p>
        <Link href="/admin/users">All users</Link>
      </p>
    </>
  );
}
