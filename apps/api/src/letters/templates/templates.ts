import { letterLocale, type Locale } from '#domain/locale';

import { en } from './en.ts';
import type { LetterTemplates } from './template.ts';

/** Every language there is. Add a file beside this one and a locale to the domain's list, then a line here. */
const TEMPLATES: Readonly<Record<Locale, LetterTemplates>> = { en };

/** The letters in the language nearest to a tag. */
export function templatesFor(tag: string | null): LetterTemplates {
  return TEMPLATES[letterLocale(tag)];
}
