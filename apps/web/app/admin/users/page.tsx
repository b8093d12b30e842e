import type { Metadata } from 'next';

import { Field } from '../../../components/field.tsx';
import { Outcome } from '../../../components/outcome.tsx';
import type { Query } from '../../../lib/query.ts';
import { NextPage } from '../pages.tsx';
import { filledIn } from '../query.ts';
import { find } from '../read.ts';
import { Select } from '../select.tsx';
import { STATUSES } from './status.tsx';
import { UserTable } from './table.tsx';

export const metadata: Metadata = { title: 'Users' };

type StatusName = keyof typeof STATUSES;

export default async function UsersPage({ searchParams }: { readonly searchParams: Query }) {
  const { cursor, email, status } = await filledIn(searchParams, ['email', 'status', 'cursor']);
  // What the form cannot send is no filter.
  const known = isStatus(status) ? status : undefined;
  const query = { ...(email && { email }), ...(known && { status: known }) };
  const { data, fields, fault } = await find((troth) =>
    troth.api.GET('/v1/admin/users', { params: { query: { ...query, ...(cursor && { cursor }) } } }),
  );
  return (
    <>
      <h1>Users</h1>
      <Outcome state={{ fault }} />
      <form className="card filter" action="/admin/users" role="search" aria-label="Users">
        <Field
          label="E-mail address"
          name="email"
          inputMode="email"
          autoComplete="off"
          autoCapitalize="none"
          spellCheck={false}
          hint="The whole address. Parts of it find nobody."
          defaultValue={email}
          state={fields === undefined ? {} : { fields }}
        />
        <Select label="Status" name="status" nothing="Any" options={STATUSES} value={known} />
        <div className="actions">
          <button type="submit">Search</button>
        </div>
      </form>
      <p className="hint">Whoever is shown here is told so: it stands among the activity of their account.</p>
      {data?.data.length === 0 && <Nobody email={email} status={known} />}
      {data !== undefined && data.data.length > 0 && (
        <>
          <UserTable users={data.data} />
          <NextPage path="/admin/users" query={query} cursor={data.next_cursor} />
        </>
      )}
    </>
  );
}

function Nobody({ email, status }: { readonly email: string | undefined; readonly status: StatusName | undefined }) {
  return (
    <p className="card" role="status">
      There is no {status === undefined ? '' : `${ADJECTIVES[status]} `}account
      {email === undefined ? '' : ' with the address '}
      {email !== undefined && <strong>{email}</strong>}
      {status === 'deletion_scheduled' ? ' that is going to be deleted' : ''}.
    </p>
  );
}

const ADJECTIVES = { active: 'active', suspended: 'suspended', deletion_scheduled: '' } as const;

function isStatus(text: string | undefined): text is StatusName {
  return text !== undefined && Object.hasOwn(STATUSES, text);
}
