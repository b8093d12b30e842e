import type { Metadata } from 'next';

import { Link } from '../../components/link.tsx';
import { ForgotForm } from './form.tsx';

export const metadata: Metadata = { title: 'Forgot the password?' };

export default function ForgotPage() {
  return (
    <div className="narrow">
      <div className="card">
        <h1>Forgot the password?</h1>
        <p>
          Tell us the address of your account, and a letter with a link to set a new password comes to it. Until then
          nothing changes.
        </p>
        <ForgotForm />
      </div>
      <p className="below">
        <Link href="/login">Log in</Link> · <Link href="/register">Register</Link>
      </p>
    </div>
  );
}
