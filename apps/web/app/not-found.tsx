import { Link } from '../components/link.tsx';

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
