import type { Metadata } from 'next';

import { Link } from '../components/link.tsx';

export const metadata: Metadata = { title: 'There is nothing here' };

export default function NotFound() {
  return (
    <div className="narrow">
      <div className="card">
        <h1>There is nothing here</h1>
        <p>
          <Link href="/">Go to the beginning</Link>
        </p>
      </div>
    </div>
  );
}
