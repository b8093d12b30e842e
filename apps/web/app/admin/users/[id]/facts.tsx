import type { ReactNode } from 'react';

import { Time } from '../../../../components/time.tsx';
import { Status, type User } from '../status.tsx';

/** All that the API tells administrators about a user. */
export function Facts({ user }: { readonly user: User }) {
  const facts: readonly (readonly [string, ReactNode])[] = [
    ['Status', <Status key="status" user={user} />],
    ...(user.suspended_at === null ? [] : [['Suspended since', timeOf(user.suspended_at)] as const]),
    ...(user.deletion_effective_at === null ? [] : [['Will be erased', timeOf(user.deletion_effective_at)] as const]),
    ...(user.changes_frozen_until === null
      ? []
      : [['No changes of the address until', timeOf(user.changes_frozen_until)] as const]),
    ['Address', user.email],
    ['User name', user.username],
    ['Display name', user.display_name && <bdi key="name">{user.display_name}</bdi>],
    ['Date of birth', user.birthdate],
    ['Language', user.locale],
    ['Roles', user.roles.join(', ')],
    ['Second factor', user.mfa_enabled ? 'is asked for' : 'is not asked for'],
    ['Sessions', String(user.sessions)],
    ['Created', timeOf(user.created_at)],
    ['Changed', timeOf(user.updated_at)],
    ['Id', <code key="id">{user.id}</code>],
  ];
  return (
    <dl className="facts">
      {facts.map(([name, value]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd>{value === '' || value === null ? <span className="quiet">none</span> : value}</dd>
        </div>
      ))}
    </dl>
  );
}

function timeOf(at: string): ReactNode {
  return <Time at={at} />;
}
