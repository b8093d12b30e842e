import fc from 'fast-check';

import { readArray, writeArray } from './array-text.ts';

const asIs = (text: string): string => text;

test('what is written is read again', () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: 'binary' })), (words) => {
      expect(readArray(writeArray(words), asIs)).toEqual(words);
    }),
  );
});

test.each([
  ['{}', []],
  ['{a}', ['a']],
  ['{a,b c}', ['a', 'b c']],
  ['{"",""}', ['', '']],
  ['{NULL,"NULL",null}', [null, 'NULL', 'null']],
  ['{"a\\"b","c\\\\d","{e,f}"}', ['a"b', 'c\\d', '{e,f}']],
])('%s is read', (text, items) => {
  expect(readArray(text, asIs)).toEqual(items);
});

test.each(['{{a},{b}}', '[0:1]={a,b}', '{a', '{"a}', '{a"b}', '{,}'])('%s is refused', (text) => {
  expect(() => readArray(text, asIs)).toThrow('not a one-dimensional array');
});
