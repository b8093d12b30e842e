import { LOCALES } from '#domain/locale';

import type { Written } from './template.ts';
import { templatesFor } from './templates.ts';

/** As hostile to HTML as a link can be. */
const LINK = `https://web.example.com/owner?a=1&owner_token=<x>"y'z`;
const ESCAPED = 'https://web.example.com/owner?a=1&#38;owner_token=&#60;x&#62;&#34;y&#39;z';

const LETTERS: Readonly<Record<string, (locale: string) => Written>> = {
  registrationCode: (locale) =>
    templatesFor(locale).registrationCode({ code: '4711', secondsLeft: 57, ownerLink: LINK }),
  alreadyRegistered: (locale) => templatesFor(locale).alreadyRegistered({ ownerLink: LINK }),
  sessionReused: (locale) => templatesFor(locale).sessionReused({ notMeLink: LINK }),
  passwordReset: (locale) => templatesFor(locale).passwordReset({ resetLink: LINK, minutesLeft: 29 }),
  passwordChanged: (locale) => templatesFor(locale).passwordChanged({ notMeLink: LINK }),
};

test('every letter of every language is tested here', () => {
  for (const locale of LOCALES) expect(Object.keys(templatesFor(locale)).sort()).toEqual(Object.keys(LETTERS).sort());
});

describe.each(LOCALES.flatMap((locale) => Object.keys(LETTERS).map((kind) => [locale, kind] as const)))(
  '%s: %s',
  (locale, kind) => {
    const { subject, text, html } = LETTERS[kind]?.(locale) ?? { subject: '', text: '', html: '' };

    test('says where the owner of the mailbox can act: as it is in the text, escaped in the HTML', () => {
      expect(text.split('\n').filter((line) => line.startsWith('http'))).toEqual([LINK]);
      expect(html.match(/<a .*<\/a>/g)).toEqual([`<a href="${ESCAPED}">${ESCAPED}</a>`]);
      expect(html).not.toContain(LINK);
    });

    test('is one line of subject, text without markup, and HTML that loads nothing', () => {
      expect(subject).toMatch(/^[^\r\n]{5,78}$/);
      expect(text.replace(LINK, '')).not.toMatch(/<|&/);
      expect(html).toContain(`<html lang="${locale}">`);
      expect(html).not.toMatch(/<(?:img|script|link|iframe)|url\(|src=/i);
    });
  },
);

test.each(LOCALES)(
  '%s: a code stands in the subject, the text and the HTML, with the seconds that are left',
  (locale) => {
    const { subject, text, html } = templatesFor(locale).registrationCode({
      code: '4711',
      secondsLeft: 57,
      ownerLink: LINK,
    });
    expect(subject).toContain('4711');
    expect(text.split('\n')).toContain('    4711');
    expect(html).toContain('>4711</p>');
    for (const part of [text, html]) expect(part).toMatch(/\b57\b/);
  },
);

test.each(LOCALES)('%s: a link that resets the password says how long it works', (locale) => {
  const { text, html } = templatesFor(locale).passwordReset({ resetLink: LINK, minutesLeft: 29 });
  for (const part of [text, html]) expect(part).toMatch(/\b29\b/);
});

test.each(LOCALES)('%s: a notice that was written before there were links says what to do without one', (locale) => {
  const { text } = templatesFor(locale).sessionReused({ notMeLink: undefined });
  expect(text).toContain('password');
  expect(text).not.toContain('http');
});

test.each([null, 'xx', 'tlh-Latn', 'en-GB', 'EN', ''])('the language %j is answered in English', (tag) => {
  const facts = { code: '4711', secondsLeft: 57, ownerLink: LINK };
  expect(templatesFor(tag).registrationCode(facts)).toEqual(templatesFor('en').registrationCode(facts));
  expect(templatesFor(tag).registrationCode(facts).subject).toBe('4711 is your code');
});
