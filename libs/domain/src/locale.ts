/** Locales that letters are written in. Add one here and its templates beside the others. */
export const LOCALES = ['en'] as const;
/** One of the languages that letters are written in. */
export type Locale = (typeof LOCALES)[number];

/** A BCP 47 language tag as far as clients need it: language, script, region. */
export const LOCALE_PATTERN = /^[A-Za-z]{2,3}(?:-[A-Za-z]{4})?(?:-(?:[A-Za-z]{2}|[0-9]{3}))?$/;

/** The locale that a letter to someone who asked for `tag` is written in; the first one when there is none nearer. */
export function letterLocale(tag: string | null): Locale {
  const language = tag?.split('-')[0]?.toLowerCase();
  return LOCALES.find((locale) => locale === language) ?? LOCALES[0];
}
