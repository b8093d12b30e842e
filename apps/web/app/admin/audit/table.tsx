import { Link } from '../../../components/link.tsx';
import { Time } from '../../../components/time.tsx';
import { detailOf, type Entry, EVENTS } from './events.ts';

/** Audit events. No link is followed in advance: that would be a look at somebody, and be told. */
export function EventTable({
  entries,
  selfId,
}: {
  readonly entries: readonly Entry[];
  /** Who reads this. */
  readonly selfId: string;
}) {
  return (
    <div className="scroll card" tabIndex={0} role="region" aria-label="Events">
      <table className="rows">
        <caption>The newest first</caption>
        <thead>
          <tr>
            <th scope="col">Time</th>
            <th scope="col">Event</th>
            <th scope="col">About</th>
            <th scope="col">By</th>
          </tr>
        </thead>
        {entries.map((entry) => (
          <tbody key={entry.id}>
            <tr className="first">
              <td>
                <Time at={entry.occurred_at} seconds />
              </td>
              <th scope="row">{EVENTS[entry.event]}</th>
              <td>
                <Party party={entry.subject} nobody="nobody" selfId={selfId} />
              </td>
              <td>
                <Party party={entry.actor} nobody="themselves, or the service" selfId={selfId} />
              </td>
            </tr>
            <tr>
              <td colSpan={4}>
                <More entry={entry} />
              </td>
            </tr>
          </tbody>
        ))}
      </table>
    </div>
  );
}

function Party({
  party,
  nobody,
  selfId,
}: {
  readonly party: Entry['subject'];
  readonly nobody: string;
  readonly selfId: string;
}) {
  if (party === null) return <span className="quiet">{nobody}</span>;
  // The account is gone or not there yet; events of the same one still have the same number.
  if (party.user_id === null)
    return (
      <span className="quiet">
        no account, <code className="nowrap">{shortOf(party.subject_id)}</code>
      </span>
    );
  return (
    <Link href={`/admin/users/${party.user_id}`}>
      {party.user_id === selfId ? (
        'You'
      ) : (
        <>
          User <code className="nowrap">{shortOf(party.user_id)}</code>
        </>
      )}
    </Link>
  );
}

function More({ entry: { event, occurred_at, request_id, details } }: { readonly entry: Entry }) {
  return (
    <details>
      <summary>
        Details{' '}
        <span className="unseen">
          of {EVENTS[event]}, <Time at={occurred_at} seconds />
        </span>
      </summary>
      <dl className="facts">
        {/* As it stands in the log. */}
        <Pair name="Time" value={occurred_at} />
        <Pair name="Kind" value={event} />
        <Pair name="Request" value={request_id ?? 'none'} />
        {Object.entries(details ?? {}).map(([name, value]) => (
          <Pair key={name} name={detailOf(name)} value={value} />
        ))}
      </dl>
      {details === null && <p className="hint">Nothing more was written, or its key is gone with the account.</p>}
    </details>
  );
}

function Pair({ name, value }: { readonly name: string; readonly value: string }) {
  return (
    <div>
      <dt>{name}</dt>
      <dd>
        <bdi>{value}</bdi>
      </dd>
    </div>
  );
}

// The beginnings of ids of the same time are alike: their ends tell them apart.
function shortOf(id: string): string {
  return `…${id.slice(-8)}`;
}
