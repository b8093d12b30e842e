import { cpuTimeOf } from '#testing/cpu-time';

import { entityTagsOf, isNamedIn, revisionsIn, revisionTag, type EntityTags } from './entity-tags.ts';

const read = (text: string | undefined): EntityTags | undefined =>
  entityTagsOf('if-match', { headers: text === undefined ? {} : { 'if-match': text } });
const ID = '01a20d96-fc7a-7d2f-a487-006739ba91f0';
const OTHER = '01a20d96-fc7a-7d2f-a487-006739ba91f1';

test.each<[string | undefined, EntityTags | undefined]>([
  [undefined, undefined],
  ['*', '*'],
  [' * ', '*'],
  ['"a"', [{ isWeak: false, opaque: 'a' }]],
  ['""', [{ isWeak: false, opaque: '' }]],
  ['W/"a"', [{ isWeak: true, opaque: 'a' }]],
  [
    ' "a" , W/"b",, "c,d\u00e9" ,',
    [
      { isWeak: false, opaque: 'a' },
      { isWeak: true, opaque: 'b' },
      { isWeak: false, opaque: 'c,d\u00e9' },
    ],
  ],
])('%j names %j', (text, tags) => {
  expect(read(text)).toEqual(tags);
});

test.each([
  '',
  ' ',
  ',',
  ',,',
  'a',
  '"a',
  'a"',
  'w/"a"',
  'W/ "a"',
  '"a" "b"',
  '"a" b',
  '*,"a"',
  '**',
  '"a\n"',
  '"a b"',
])('%j is malformed', (text) => {
  expect(() => read(text)).toThrow('malformed-request');
});

test('a long header is read in no time', async () => {
  const spent = await cpuTimeOf(() => {
    for (const part of [' ', ', ', '"', '"a" ', 'W/']) expect(() => read(part.repeat(8_000) + '!')).toThrow();
  });
  expect(spent).toBeLessThan(500);
});

test('the tag of a state is found by a strong comparison, of this very thing', () => {
  const tag = revisionTag(ID, 7);
  expect(tag).toBe('"7-006739ba91f0"');
  const named = (text: string) => revisionsIn(read(text), ID);
  expect(named(tag)).toEqual([7]);
  expect(named(`${revisionTag(ID, 3)}, ${tag}`)).toEqual([3, 7]);
  for (const other of [`W/${tag}`, revisionTag(OTHER, 7), '"7"', '"-1-006739ba91f0"', '"9999999999-006739ba91f0"'])
    expect([other, named(other)]).toEqual([other, []]);
  expect([revisionsIn(undefined, ID), revisionsIn('*', ID)]).toEqual([null, null]);
});

test('what is known already is found by a weak one', () => {
  const tag = revisionTag(ID, 7);
  for (const known of [tag, `W/${tag}`, `"x",${tag}`, '*'])
    expect([known, isNamedIn(read(known), tag)]).toEqual([known, true]);
  for (const known of [revisionTag(ID, 8), revisionTag(OTHER, 7)]) expect(isNamedIn(read(known), tag)).toBe(false);
  expect(isNamedIn(undefined, tag)).toBe(false);
});
