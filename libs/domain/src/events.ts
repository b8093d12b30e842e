/** Security events that the audit keeps. The database's check holds the same words; a test compares them. */
export const EVENTS = [
  'registration.claimed',
  'registration.activated',
  'registration.expired',
  'registration.locked',
  'registration.superseded',
  'registration.withdrawn',
] as const;
