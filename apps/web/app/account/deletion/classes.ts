import { wordOf } from '../../../lib/words.ts';

const CLASSES: Readonly<Record<string, string>> = {
  address: 'The address',
  credentials: 'The password',
  profile: 'The profile',
  sessions: 'Sessions and devices',
  letters: 'Letters that wait to be sent',
  limits: 'Counts that keep strangers from guessing',
  tokens: 'Links in letters',
  audit: 'What happened to the account',
  deletion: 'A deletion that is scheduled, and its receipt',
  keys: 'The key of what was noted down about the account',
  service: 'The service itself',
};

/** What a class of stored things is called. */
export function classInWords(name: string): string {
  return wordOf(CLASSES, name) ?? name;
}
