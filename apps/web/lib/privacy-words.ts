import { periodOf } from './spans.ts';
import { wordOf } from './words.ts';

/** What a class of stored things is, in words for whoever reads: its user, an administrator, or nobody in particular. */
export interface DataClass {
  readonly title: string;
  readonly about: string;
}

const CLASSES: Readonly<Record<string, DataClass>> = {
  address: { title: 'The address', about: 'The e-mail address, and what it takes to prove whose it is.' },
  credentials: {
    title: 'The password',
    about: 'A hash of it, from which nobody can read it, and what protects it.',
  },
  profile: {
    title: 'The profile',
    about: 'What users tell about themselves, which is up to them, and what they may do.',
  },
  sessions: { title: 'Sessions and devices', about: 'Where somebody is logged in, to be seen and ended.' },
  letters: { title: 'Letters', about: 'Mail that is to be sent, sealed, until it was sent.' },
  limits: {
    title: 'Limits',
    about:
      'Counters that keep strangers from guessing, and from filling a mailbox. They know no address, only a value that cannot be turned back into one.',
  },
  tokens: { title: 'Links in letters', about: 'What a link in a letter is good for, and until when.' },
  audit: {
    title: 'Activity',
    about:
      'What happened to the account. Who and where is sealed with a key of the user’s own, and dies with the account.',
  },
  deletion: { title: 'Deletion', about: 'What a deletion, and the receipt that proves it, are prepared with.' },
  keys: { title: 'Keys', about: 'What the service seals and signs with, and what it noted down about an account.' },
  service: { title: 'The service itself', about: 'About nobody: what the service needs to run.' },
};

/** A class that has no words yet is called what the service calls it. */
export function classOf(name: string): DataClass {
  return wordOf(CLASSES, name) ?? { title: name, about: '' };
}

/** Whom a field tells about. */
export const ABOUT_YOU = { yes: 'yes', pseudonym: 'under a made-up name or sealed', no: 'no' } as const;

const WHILES: Readonly<Record<string, string>> = {
  account: 'as long as the account',
  claim: 'until the registration is over',
  service: 'as long as the service runs',
};

/** How long something stays: a period (ISO 8601) or a lifetime, in words. A text that is neither stays as it is. */
export function stayOf(retention: string): string {
  const period = periodOf(retention);
  return period === undefined ? (wordOf(WHILES, retention) ?? retention) : `${period} at most`;
}

/** A probability as people compare it: `1 in 1,667`. */
export function oddsOf(probability: number): string {
  return `1 in ${Math.round(1 / probability).toLocaleString('en')}`;
}
