import { LOCALES } from '#domain/locale';
import { RETAINED, type ErasedBy, type RetainedKind } from '#domain/retention';

import type { Written } from './template.ts';
import { templatesFor } from './templates.ts';

const RETAINED_KINDS = Object.keys(RETAINED) as readonly RetainedKind[];
/** As hostile to HTML as a link can be. */
const LINK = `https://web.example.com/owner?a=1&owner_token=<x>"y'z`;
const ESCAPED = 'https://web.example.com/owner?a=1&#38;owner_token=&#60;x&#62;&#34;y&#39;z';

const FAREWELL = {
  by: 'user',
  retained: RETAINED_KINDS.map((kind) => ({ kind, until: '2026-02-03 14:05 UTC' })),
  receipt: 'eyJhbGciOiJFUzI1NiJ9.e30.c2ln',
  opening: { account_id: '01a20d96-fc7a-7d2f-a487-006739ba91f0', salt: 'c2FsdA' },
} as const;

const LETTERS: Readonly<Record<string, (locale: string) => Written>> = {
  registrationCode: (locale) =>
    templatesFor(locale).registrationCode({ code: '4711', secondsLeft: 57, ownerLink: LINK }),
  alreadyRegistered: (locale) => templatesFor(locale).alreadyRegistered({ ownerLink: LINK }),
  sessionReused: (locale) => templatesFor(locale).sessionReused({ notMeLink: LINK }),
  passwordReset: (locale) => templatesFor(locale).passwordReset({ resetLink: LINK, minutesLeft: 29 }),
  passwordChanged: (locale) => templatesFor(locale).passwordChanged({ notMeLink: LINK }),
  emailChangeCode: (locale) =>
    templatesFor(locale).emailChangeCode({ code: '47114711', minutesLeft: 14, ownerLink: LINK }),
  emailChanged: (locale) => templatesFor(locale).emailChanged({ revertLink: LINK }),
  deletionScheduled: (locale) =>
    templatesFor(locale).deletionScheduled({ notMeLink: LINK, effectiveAt: '2026-02-03 14:05 UTC' }),
  accountDeleted: (locale) => templatesFor(locale).accountDeleted({ ...FAREWELL, keysLink: LINK }),
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

test.each(LOCALES)('%s: so does a code that proves a new address, with its minutes', (locale) => {
  const { subject, text, html } = templatesFor(locale).emailChangeCode({
    code: '47114711',
    minutesLeft: 14,
    ownerLink: LINK,
  });
  expect([subject.includes('47114711'), text.includes('    47114711'), html.includes('>47114711</p>')]).toEqual([
    true,
    true,
    true,
  ]);
  for (const part of [text, html]) expect(part).toMatch(/\b14\b/);
});

test.each(LOCALES)('%s: a link that resets the password says how long it works', (locale) => {
  const { text, html } = templatesFor(locale).passwordReset({ resetLink: LINK, minutesLeft: 29 });
  for (const part of [text, html]) expect(part).toMatch(/\b29\b/);
});

test.each(LOCALES)('%s: the notice of a deletion to come says when, or that it was taken back', (locale) => {
  const letter = (effectiveAt: string | undefined): string =>
    templatesFor(locale).deletionScheduled({ notMeLink: LINK, effectiveAt }).text;
  expect(letter('2026-02-03 14:05 UTC')).toContain('2026-02-03 14:05 UTC');
  expect(letter(undefined)).not.toMatch(/\d{4}-|undefined/);
});

test.each(LOCALES)(
  '%s: the last letter carries receipt and opening, and says of all that stays until when',
  (locale) => {
    const { text, html } = templatesFor(locale).accountDeleted({ ...FAREWELL, keysLink: LINK });
    for (const part of [text, html]) {
      expect(part).toContain(FAREWELL.receipt);
      expect(part).toContain(`account_id: ${FAREWELL.opening.account_id}\nsalt: ${FAREWELL.opening.salt}`);
      expect(part.match(/2026-02-03 14:05 UTC/g)).toHaveLength(RETAINED_KINDS.length);
    }
    const by = (who: ErasedBy): string =>
      templatesFor(locale).accountDeleted({ ...FAREWELL, by: who, keysLink: LINK }).text;
    expect(new Set([by('user'), by('schedule'), by('administrator')]).size).toBe(3);
  },
);

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
