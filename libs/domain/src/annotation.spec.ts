import { isPeriod, readAnnotation } from './annotation.ts';

const GOOD = { class: 'limits', purpose: 'Why it is there.', personal: 'no', retention: 'account' };
const read = (more: object) => readAnnotation(JSON.stringify({ ...GOOD, ...more }));

test('a comment in its shortest form', () => {
  expect(read({})).toEqual({ ...GOOD, from: null, until: null, subject: null, withheld: null });
});

test('a comment with everything', () => {
  const more = { retention: 'P30D', from: 'struck_at', subject: 'address_key', export: 'no', because: 'A reason.' };
  expect(read(more)).toEqual({
    ...GOOD,
    retention: 'P30D',
    from: 'struck_at',
    until: null,
    subject: 'address_key',
    withheld: 'A reason.',
  });
});

test('the end of a claim stands in a column, though no period does', () => {
  expect(read({ retention: 'claim', until: 'expires_at' })).toMatchObject({ retention: 'claim', until: 'expires_at' });
});

test.each<[string | null, string]>([
  [null, 'has no comment'],
  ['A sentence.', 'has a comment that is no JSON'],
  ['["class"]', 'has a comment that is no object'],
  ['null', 'has a comment that is no object'],
  [JSON.stringify({ ...GOOD, personal: false }), 'has a comment with something that is no text'],
])('%s is no annotation', (comment, fault) => {
  expect(readAnnotation(comment)).toBe(fault);
});

test.each<[object, string]>([
  [{ class: 'secrets' }, 'is of no known class'],
  [{ personal: 'perhaps' }, 'does not say whom it tells about'],
  [{ purpose: '' }, 'has no purpose that is a sentence'],
  [{ purpose: 'no end' }, 'has no purpose that is a sentence'],
  [{ retention: 'for ever' }, 'stays for no known time'],
  [{ retention: 'P' }, 'stays for no known time'],
  [{ retention: 'PT' }, 'stays for no known time'],
  [{ retention: 'toString' }, 'stays for no known time'],
  [{ retention: 'P30D' }, 'has a period that begins and ends nowhere'],
  [{ retention: 'P30D', from: 'a', until: 'b' }, 'counts from one column and until another'],
  [{ from: 'a' }, 'counts from a column, and says not how long'],
  [{ subject: 'friend' }, 'is tied to a user by nothing known'],
  [{ export: 'yes' }, 'is exported in no known way'],
  [{ export: 'no' }, 'says not both, that it is withheld and why'],
  [{ because: 'A reason.' }, 'says not both, that it is withheld and why'],
  [{ owner: 'somebody' }, 'says owner, which nobody knows'],
])('%j is refused', (more, fault) => {
  expect(read(more)).toBe(fault);
});

test('periods are told from words', () => {
  expect(['P1Y', 'P30D', 'PT24H', 'PT60S', 'P1DT12H'].filter((text) => !isPeriod(text))).toEqual([]);
  expect(['account', 'P', 'PT', 'P1', '1D', 'P1DT', 'p1d'].filter(isPeriod)).toEqual([]);
});
