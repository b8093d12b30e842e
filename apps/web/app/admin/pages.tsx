import { Link } from '../../components/link.tsx';
import { pathOf } from './query.ts';

/** The way on in a list. The way back is the browser's. */
export function NextPage({
  path,
  query,
  cursor,
}: {
  readonly path: string;
  readonly query: Readonly<Record<string, string | undefined>>;
  /** Null: this is the last page. */
  readonly cursor: string | null;
}) {
  if (cursor === null) return <p className="below">This is the end of the list.</p>;
  return (
    <nav className="actions" aria-label="Pages of the list">
      <Link className="button plain" href={pathOf(path, { ...query, cursor })} rel="next">
        Next page
      </Link>
    </nav>
  );
}
