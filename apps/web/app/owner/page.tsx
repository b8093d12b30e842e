import type { Metadata } from 'next';

import { Link } from '../../components/link.tsx';
import { BrokenLink } from '../../components/broken-link.tsx';
import { tokenOf } from '../../lib/link-token.ts';
import type { Query } from '../../lib/query.ts';
import { MuteForm, OwnerRegisterForm } from './forms.tsx';

export const metadata: Metadata = { title: 'This is your e-mail address' };

export default async function OwnerPage({ searchParams }: { readonly searchParams: Query }) {
  const token = tokenOf((await searchParams).owner_token);
  return (
    <div className="narrow">
      <h1>This is your e‑mail address</h1>
      <p>
        You came here from a letter about a registration with it. Nothing has been changed by opening this page. If you
        did not register and do not want to, you need not do anything.
      </p>
      {token === '' ? <BrokenLink /> : <Choices token={token} />}
      <p className="below">
        You have an account? <Link href="/login">Log in</Link>
      </p>
    </div>
  );
}

function Choices({ token }: { readonly token: string }) {
  return (
    <>
      <section className="card" aria-labelledby="register">
        <h2 id="register">Register it yourself</h2>
        <p>
          Your registration takes the place of anybody else’s. A code comes by mail, to you alone. If the address has an
          account already, nothing is changed.
        </p>
        <OwnerRegisterForm token={token} />
      </section>
      <section className="card" aria-labelledby="mute">
        <h2 id="mute">Get no more of these letters</h2>
        <p>
          Letters about registrations with this address can stay away for a while. From this page, you can register all
          the same.
        </p>
        <MuteForm token={token} />
      </section>
    </>
  );
}
