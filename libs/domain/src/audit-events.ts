/** What audit events tell of. The database holds the same list in a constraint. */
export const AUDIT_EVENTS = [
  'registration.claimed',
  'registration.activated',
  'registration.expired',
  'registration.locked',
  'registration.superseded',
  'registration.withdrawn',
  'session.created',
  'session.revoked',
  'session.reuse_detected',
  'password.changed',
  'password.reset',
  'security.not_me',
  'email.change_requested',
  'email.changed',
  'email.reverted',
  'account.suspended',
  'account.reinstated',
  'account.deletion_scheduled',
  'account.deletion_cancelled',
  'account.deleted',
  'account.exported',
  'admin.user_viewed',
  'admin.user_changed',
  'admin.searched',
] as const;

/** The kind of an audit event. */
export type AuditEvent = (typeof AUDIT_EVENTS)[number];
