import type { components } from '@troth/client';

import { wordOf } from '../../../lib/words.ts';

/** One event, as administrators see it. */
export type Entry = components['schemas']['AuditEntry'];

/** What happened, in words. */
export const EVENTS: Readonly<Record<Entry['event'], string>> = {
  'registration.claimed': 'Registration begun',
  'registration.activated': 'Address confirmed',
  'registration.expired': 'Registration ran out of time',
  'registration.locked': 'Registration ended by wrong codes',
  'registration.superseded': 'Registration replaced by another',
  'registration.withdrawn': 'Registration withdrawn',
  'session.created': 'Logged in',
  'session.revoked': 'Session ended',
  'session.reuse_detected': 'Session ended because a used token came again',
  'password.changed': 'Password changed',
  'password.reset': 'Password set by a letter',
  'security.not_me': 'Owner said that it was somebody else',
  'email.change_requested': 'Another address wished for',
  'email.changed': 'Address changed',
  'email.reverted': 'Change of address taken back',
  'account.suspended': 'Account suspended',
  'account.reinstated': 'Suspension ended',
  'account.deletion_scheduled': 'Deletion scheduled',
  'account.deletion_cancelled': 'Deletion taken back',
  'account.deleted': 'Account erased',
  'account.exported': 'Data exported',
  'admin.user_viewed': 'Looked at by an administrator',
  'admin.user_changed': 'Changed by an administrator',
  'admin.searched': 'A search found nobody',
};

const DETAILS: Readonly<Record<string, string>> = {
  source: 'From',
  email: 'Address',
  device: 'Device',
  reason: 'Reason',
  fields: 'Fields',
  client: 'Client',
};

/** What a detail is, in words; one that has none is called as the API calls it. */
export function detailOf(name: string): string {
  return wordOf(DETAILS, name) ?? name.replaceAll('_', ' ');
}

/** Whether a query names a kind of event that there is. */
export function isEvent(text: string | undefined): text is Entry['event'] {
  return text !== undefined && Object.hasOwn(EVENTS, text);
}
