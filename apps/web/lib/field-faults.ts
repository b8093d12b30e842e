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
};

/** The faults of a problem by the names of their fields, in words. */
export function fieldFaults(
  errors: readonly { readonly pointer: string; readonly detail: string }[],
): Readonly<Record<string, string>> {
  return Object.fromEntries(
    errors.map(({ pointer, detail }) => {
      const name = pointer.slice(1);
      return [name, WORDS[name] ?? detail];
    }),
  );
}
