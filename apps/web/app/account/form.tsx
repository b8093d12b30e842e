'use client';

import { Field } from '../../components/field.tsx';
import { Form, Submit } from '../../components/form.tsx';
import { changeProfile } from './actions.ts';
import type { Profile } from './profile.ts';

const LOCALES = ['en', 'en-GB', 'en-US', 'de', 'de-AT', 'de-CH', 'es', 'fr', 'it', 'nl', 'pl', 'pt-BR', 'tr', 'uk'];

export function ProfileForm({ profile }: { readonly profile: Profile }) {
  return (
    <Form action={changeProfile}>
      {(state) => (
        <>
          <input type="hidden" name="etag" value={state.values?.etag ?? profile.etag} />
          <Field
            label="User name"
            name="username"
            autoComplete="username"
            autoCapitalize="none"
            spellCheck={false}
            hint="To log in with in place of the address. 3 to 30 small letters, digits, dots, hyphens or underscores, a letter first."
            defaultValue={profile.username}
            state={state}
          />
          <Field
            label="Display name"
            name="display_name"
            autoComplete="name"
            hint="How applications call you. Nobody else is shown it here."
            defaultValue={profile.display_name}
            state={state}
          />
          <Field
            label="Date of birth"
            name="birthdate"
            type="date"
            min="1900-01-01"
            autoComplete="bday"
            hint="For applications that have to know an age. Nothing is done with it here."
            defaultValue={profile.birthdate}
            state={state}
          />
          <Field
            label="Language"
            name="locale"
            list="locales"
            autoCapitalize="none"
            spellCheck={false}
            hint="What letters and applications go by, as a language tag: en, or de-AT."
            defaultValue={profile.locale}
            state={state}
          />
          <datalist id="locales">
            {LOCALES.map((locale) => (
              <option key={locale} value={locale} />
            ))}
          </datalist>
          <Submit>Save</Submit>
        </>
      )}
    </Form>
  );
}
