import { redirect } from 'next/navigation';

import { Link } from '../components/link.tsx';
import { knownSession } from '../lib/session.ts';

export default async function Home() {
  if ((await knownSession()) !== undefined) redirect('/account');
  return (
    <div className="narrow">
      <h1>An account that is yours</h1>
      <p>
        Register with an e-mail address and a password. A code comes by mail, and within a minute the address is proven
        to be yours. What is stored about you, you can see, change, take with you, and have erased, with a receipt that
        proves it.
      </p>
      <div className="actions">
        <Link className="button" href="/register">
          Register
        </Link>
        <Link className="button plain" href="/login">
          Log in
        </Link>
      </div>
    </div>
  );
}
