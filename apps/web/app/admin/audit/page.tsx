import type { Metadata } from 'next';

import { Link } from '../../../components/link.tsx';
import { Outcome } from '../../../components/outcome.tsx';
import type { Query } from '../../../lib/query.ts';
import { requireAdmin } from '../../../lib/session.ts';
import { NextPage } from '../pages.tsx';
import { filledIn } from '../query.ts';
import { find } from '../read.ts';
import { EVENTS, isEvent } from './events.ts';
import { Filter, FILTERS, instantOf } from './filter.tsx';
import { EventTable } from './table.tsx';

export const metadata: Metadata = { title: 'Audit events' };

export default async function AuditPage({ searchParams }: { readonly searchParams: Query }) {
  const { cursor, event: kind, ...filters } = await filledIn(searchParams, [...FILTERS, 'cursor']);
  // What the form cannot send is no filter.
  const event = isEvent(kind) ? kind : undefined;
  const { from, until, ...ids } = filters;
  const query = {
    ...ids,
    ...(event && { event }),
    ...(from && { from: instantOf(from) }),
    ...(until && { until: instantOf(until) }),
    ...(cursor && { cursor }),
  };
  const { userId } = await requireAdmin();
  const { data, fields, fault } = await find((troth) => troth.api.GET('/v1/admin/audit-events', { params: { query } }));
  return (
    <>
      <h1>Audit events</h1>
      <Outcome state={{ fault }} />
      <Filter filters={{ ...filters, ...(event && { event }) }} fields={fields} />
      <p className="hint">
        Whoever’s details are shown here is told so. Whether anything was changed or removed,{' '}
        <Link href="/admin/audit/chain">the chain tells</Link>.
      </p>
      {data?.data.length === 0 && (
        <p className="card" role="status">
          There is no event{event === undefined ? '' : ` “${EVENTS[event]}”`}
          {Object.keys(filters).length === 0 ? '' : ' for these users and times'}. Events are kept for a year.
        </p>
      )}
      {data !== undefined && data.data.length > 0 && (
        <>
          <EventTable entries={data.data} selfId={userId} />
          <NextPage path="/admin/audit" query={{ ...filters, event }} cursor={data.next_cursor} />
        </>
      )}
    </>
  );
}
