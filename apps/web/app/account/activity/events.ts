import type { components } from '@troth/client';

type Entry = components['schemas']['ActivityEntry'];

/** Every event in words for whom it happened to. Who did it is told beside. */
export const EVENTS: Readonly<Record<Entry['event'], string>> = {
  'registration.claimed': 'A registration with your address was begun',
  'registration.activated': 'The address was confirmed: the account began',
  'registration.expired': 'The time to enter the code was over',
  'registration.locked': 'Too many wrong codes: the registration was ended',
  'registration.superseded': 'A newer registration took the place of the one before',
  'registration.withdrawn': 'The registration was given up',
  'session.created': 'Logged in',
  'session.revoked': 'A session was ended',
  'session.reuse_detected': 'A copy of a session was used: that session was ended',
  'password.changed': 'The password was changed',
  'password.reset': 'A new password was set by a link from a letter',
  'security.not_me': 'Somebody said by a letter that it was not them: all sessions were ended',
  'email.change_requested': 'A change to another address was asked for',
  'email.changed': 'The address was changed',
  'email.reverted': 'A change of the address was taken back',
  'account.suspended': 'The account was suspended',
  'account.reinstated': 'The suspension was lifted',
  'account.deletion_scheduled': 'The deletion of the account was scheduled',
  'account.deletion_cancelled': 'The scheduled deletion was taken back',
  'account.deleted': 'The account was erased',
  'account.exported': 'Everything that is stored was downloaded',
  'admin.user_viewed': 'The account was looked at',
  'admin.user_changed': 'The account was changed',
  'admin.searched': 'The account was shown in a search',
};

/** Whose doing it was. */
export const BY: Readonly<Record<Entry['by'], string>> = {
  you: 'by you',
  administrator: 'by an administrator',
  system: 'by the service itself',
};
