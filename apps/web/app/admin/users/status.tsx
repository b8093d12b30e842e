import type { components } from '@troth/client';

/** One user, as administrators see them. */
export type User = components['schemas']['UserDetails'];

/** What an account can be, and how it is called. */
export const STATUSES = {
  active: 'Active',
  suspended: 'Suspended',
  deletion_scheduled: 'Deletion scheduled',
} as const;

/** What the account of a user is. It may be suspended and wait for its deletion at once. */
export function Status({ user }: { readonly user: User }) {
  const isScheduled = user.deletion_effective_at !== null;
  if (user.suspended_at === null && !isScheduled) return <span className="badge">{STATUSES.active}</span>;
  return (
    <>
      {user.suspended_at !== null && <span className="badge warn">{STATUSES.suspended}</span>}{' '}
      {isScheduled && <span className="badge warn">{STATUSES.deletion_scheduled}</span>}
    </>
  );
}

/** How a user is called where there is room for one name. */
export function nameOf({ email, username, id }: Pick<User, 'email' | 'username' | 'id'>): string {
  return email ?? username ?? id;
}
