import type { Metadata } from 'next';

import { nextPath } from '../../lib/next-path.ts';
import { onceOf, type Query } from '../../lib/query.ts';
import { roundedSpan } from '../../lib/spans.ts';
import { wordOf } from '../../lib/words.ts';

const AWAY = 'The service does not answer';
/** Why nothing can be shown, as `unavailable` names it. */
const TITLES = {
  often: 'That was too often',
  busy: 'The service is busy',
  fault: 'Something went wrong on our side',
};

interface UnavailableProps {
  readonly searchParams: Query;
}

/** Named for what the page says. */
export async function generateMetadata({ searchParams }: UnavailableProps): Promise<Metadata> {
  return { title: wordOf(TITLES, (await searchParams).why) ?? AWAY };
}

/** Where pages lead to that cannot be shown because the API refuses or is away. An error page would need a script. */
export default async function UnavailablePage({ searchParams }: UnavailableProps) {
  const { next, why, wait, request } = await searchParams;
  const seconds = /^\d{1,6}$/.exec(onceOf(wait) ?? '')?.[0];
  const requestId = /^[\w-]{1,64}$/.exec(onceOf(request) ?? '')?.[0];
  return (
    <div className="narrow">
      <div className="card" role="alert">
        <h1>{wordOf(TITLES, why) ?? AWAY}</h1>
        <p>
          Nothing is lost, and you are as logged in as before. Please try again in{' '}
          {seconds === undefined ? 'a while' : roundedSpan(Number(seconds))}.
        </p>
        {requestId !== undefined && (
          <p>
            If it stays, tell whoever runs this service the number of the request: <code>{requestId}</code>
          </p>
        )}
        <div className="actions">
          <a className="button" href={nextPath(next)}>
            Try again
          </a>
        </div>
      </div>
    </div>
  );
}
