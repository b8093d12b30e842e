import type { Metadata } from 'next';

import { Link } from '../../components/link.tsx';
import { keptDraft } from '../../lib/pending-claim.ts';
import { RegisterForm } from './form.tsx';

export const metadata: Metadata = { title: 'Register' };

export default async function RegisterPage() {
  return (
    <div className="narrow">
      <div className="card">
        <h1>Register</h1>
        <RegisterForm {...await keptDraft()} />
      </div>
      <p className="below">
        You have an account? <Link href="/login">Log in</Link>
      </p>
    </div>
  );
}
