import type { ProblemCode, TrothProblem } from '@troth/client';

import { roundedSpan } from './spans.ts';

const MESSAGES: Readonly<Record<ProblemCode, string>> = {
  'malformed-request': 'That could not be understood. Please try again.',
  'invalid-token': 'This link is not good any more. It was used, or replaced by a newer one, or it is too old.',
  unauthenticated: 'Please log in again.',
  'invalid-credentials': 'The name or the password is not right.',
  'challenge-failed': 'This code is not right, or its time is over, or there were three wrong codes.',
  'activation-failed': 'The code is not right, or its time is over, or there were three wrong codes.',
  'reauthentication-required': 'Please show your password once more.',
  'invalid-refresh-token': 'Your session is over. Please log in again.',
  'session-revoked': 'Your session was ended. Please log in again.',
  forbidden: 'You may not do this, or not any more. If you were given the right to it a while ago, log in again.',
  'account-suspended': 'This account is suspended. Please write to whoever runs this service.',
  'changes-frozen':
    'Somebody said that another person was in this account. For 24 hours it cannot be moved or deleted.',
  'not-found': 'There is nothing here.',
  'method-not-allowed': 'That cannot be done here.',
  'request-timeout': 'That took too long to arrive. Please try again.',
  'last-admin': 'Nobody would be left who administers this service. Make somebody else an administrator first.',
  'deletion-scheduled': 'A deletion is scheduled already.',
  'idempotency-conflict': 'This was sent before with other values.',
  'username-taken': 'This user name is taken. Please choose another one.',
  'precondition-failed': 'Somebody changed this meanwhile. What you see now is the newest.',
  'payload-too-large': 'That is too long.',
  'unsupported-media-type': 'That could not be understood. Please try again.',
  'validation-failed': 'Please look at the marked fields.',
  'rate-limited': 'That was too often.',
  internal: 'Something went wrong on our side.',
  overloaded: 'The service is busy at the moment.',
  unexpected: 'Something went wrong on the way.',
};

/** A refusal in words for people. */
export function messageOf({ code, retryAfterSeconds, requestId }: TrothProblem): string {
  const isOurs = code === 'internal' || code === 'unexpected';
  const again = retryAfterSeconds === undefined ? '' : ` in ${roundedSpan(retryAfterSeconds)}`;
  const next = again !== '' || isOurs ? ` Please try again${again}.` : '';
  // By it the log tells more.
  const number = isOurs && requestId ? ` If it stays, tell whoever runs this service the number ${requestId}.` : '';
  return `${MESSAGES[code]}${next}${number}`;
}

/** One field says what is wrong. */
export const MARKED = 'Please look at the marked field.';

/** A password that was to be shown once more. */
export const NOT_YOURS = 'This is not your password.';

/** Nothing was answered. */
export const AWAY = 'The service does not answer at the moment. Nothing is lost: please try again in a while.';
