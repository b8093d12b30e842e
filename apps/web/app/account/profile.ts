import type { components } from '@troth/client';

/** The fields of the form, empty for what the user has not said, and the state that they were read in. */
export type Profile = Readonly<Record<'username' | 'display_name' | 'birthdate' | 'locale' | 'etag', string>>;

/** What the form shows of a user. */
export function profileOf(me: components['schemas']['User'], etag: string): Profile {
  const { username, display_name, birthdate, locale } = me;
  return {
    username: username ?? '',
    display_name: display_name ?? '',
    birthdate: birthdate ?? '',
    locale: locale ?? '',
    etag,
  };
}
