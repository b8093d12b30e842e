import { wordOf } from './words.ts';

/** What is wrong with a field, for people: what the API says of some of them is for those who develop. */
const WORDS: Readonly<Record<string, string>> = {
  email: 'This is no address that a letter can go to.',
  new_email: 'This is no address that a letter can go to.',
  username: 'This is no user name: it has 3 to 30 small letters, digits, dots, hyphens or underscores, a letter first.',
  display_name: 'This is no display name: it is one line of at most 100 characters.',
  birthdate: 'This is no day between 1900 and today.',
  locale: 'This is no language tag, such as en or de-AT.',
  code: 'The code has digits alone, as many as the letter shows.',
  after_days: 'It has to be a whole number from 1 to 30.',
  reason: 'Please say why, in at most 500 characters.',
  user_id: 'This is no id of a user.',
  actor_id: 'This is no id of a user.',
  from: 'This is no time.',
  until: 'This is no time.',
  token: 'The link is not whole. Please open it in the letter again, or copy all of it.',
  owner_token: 'The link is not whole. Please open it in the letter again, or copy all of it.',
};

/** What forms send along, and nobody sees: a mark there would be on nothing. */
const UNSEEN: ReadonlySet<string> = new Set(['id', 'etag', 'act', 'token', 'owner_token']);

/** The faults of a problem by the names of their fields, in words. */
export function fieldFaults(
  errors: readonly { readonly pointer: string; readonly detail: string }[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    errors.map(({ pointer, detail }) => {
      const name = pointer.slice(1);
      return [name, wordOf(WORDS, name) ?? detail];
    }),
  );
}

/** Which faults a form can mark at its fields, and what the others say: those are about nothing that it shows. */
export function markable(
  faults: Readonly<Record<string, string>>,
  form: FormData,
): { readonly fields: Readonly<Record<string, string>>; readonly others: readonly string[] } {
  const isShown = (name: string): boolean => form.has(name) && !UNSEEN.has(name);
  const entries = Object.entries(faults);
  return {
    fields: Object.fromEntries(entries.filter(([name]) => isShown(name))),
    others: entries.filter(([name]) => !isShown(name)).map(([, words]) => words),
  };
}
