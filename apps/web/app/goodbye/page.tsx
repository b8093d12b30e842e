import type { Metadata } from 'next';
import { Link } from '../../components/link.tsx';

export const metadata: Metadata = { title: 'Goodbye' };

/** What is left of the page that showed the receipt, once it is loaded anew. */
export default function GoodbyePage() {
  return (
    <div className="narrow">
      <div className="card">
        <h1>Goodbye</h1>
        <p>
          If you have just deleted your account, it is gone. The receipt was shown once; the last letter to your address
          has it too, with what you need to verify it.
        </p>
        <p>
          <Link href="/">To the beginning</Link>
        </p>
      </div>
    </div>
  );
}
