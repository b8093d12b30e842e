import { letterLocale, LOCALE_PATTERN } from './locale.ts';

test.each(['en', 'en-GB', 'zh-Hant-TW', 'es-419', 'DE'])('%s is a language tag', (tag) => {
  expect(tag).toMatch(LOCALE_PATTERN);
});

test.each(['', 'e', 'english', 'en_GB', 'en-', '../en', 'en\n', '__proto__'])('%j is none', (tag) => {
  expect(tag).not.toMatch(LOCALE_PATTERN);
});

test.each([null, 'en', 'EN-gb', 'fr', 'constructor'])(
  'letters for %s are written in English, the one language yet',
  (tag) => {
    expect(letterLocale(tag)).toBe('en');
  },
);
