import fc from 'fast-check';
import { parseRecipe, phcText, RecipeRefused, recipeText } from './phc.ts';

const salt = Uint8Array.from(Buffer.from('somesaltsomesalt'));
const own = '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2FsdA';

test('a recipe is the PHC string without its hash', () => {
  const recipe = { memoryKib: 19_456, passes: 2, lanes: 1, salt };
  expect(recipeText(recipe)).toBe(own);
  expect(phcText(recipe, new Uint8Array(32))).toBe(`${own}$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA`);
  expect(parseRecipe(own)).toEqual(recipe);
});

test('every recipe within the bounds is read back as it was written', () => {
  const recipes = fc.record({
    memoryKib: fc.integer({ min: 64, max: 27_000 }),
    passes: fc.integer({ min: 1, max: 10 }),
    lanes: fc.integer({ min: 1, max: 8 }),
    salt: fc.uint8Array({ minLength: 8, maxLength: 64 }),
  });
  fc.assert(fc.property(recipes, (recipe) => expect(parseRecipe(recipeText(recipe))).toEqual(recipe)));
});

test.each([
  ['the defaults of the argon2 package', '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHRzb21lc2FsdA'],
  ['the defaults of PHP', '$argon2id$v=19$m=65536,t=4,p=1$c29tZXNhbHRzb21lc2FsdA'],
  ['the low-memory choice of RFC 9106', '$argon2id$v=19$m=65536,t=3,p=4$c29tZXNhbHQ'],
])('%s can be imported', (_, text) => {
  expect(recipeText(parseRecipe(text))).toBe(text);
});

test.each([
  ['nothing', ''],
  ['a whole PHC string', `${own}$AAAA`],
  ['a trailing dollar', `${own}$`],
  ['a trailing line feed', `${own}\n`],
  ['another variant', own.replace('argon2id', 'argon2i')],
  ['another version', own.replace('v=19', 'v=16')],
  ['no version', own.replace('v=19$', '')],
  ['another order', own.replace('m=19456,t=2,p=1', 't=2,m=19456,p=1')],
  ['a leading zero', own.replace('t=2', 't=02')],
  ['a sign', own.replace('t=2', 't=+2')],
  ['an exponent', own.replace('m=19456', 'm=1e4')],
  ['digits of another script', own.replace('t=2', 't=２')],
  ['a data parameter', own.replace('p=1', 'p=1,data=AAAA')],
  ['padding', `${own}==`],
  ['the URL alphabet', '$argon2id$v=19$m=19456,t=2,p=1$c29tZXNhbHRzb21lc2Fs_w'],
  ['stray bits after the salt', own.replace(/A$/, 'B')],
  ['an impossible length', `${own}AAA`],
  ['no salt', own.replace(/[^$]+$/, '')],
])('%s is malformed', (_, text) => {
  expect(() => parseRecipe(text)).toThrow(expect.objectContaining({ name: 'RecipeRefused', reason: 'malformed' }));
});

test.each([
  ['no pass', 't=0', 'malformed'],
  ['more passes than allowed', 't=11', 'out-of-bounds'],
  ['more lanes than allowed', 'p=9', 'out-of-bounds'],
  ['less memory than a block', 'm=7', 'out-of-bounds'],
  ['more memory than allowed', 'm=131073', 'out-of-bounds'],
  ['a gigabyte', 'm=1048576', 'out-of-bounds'],
  ['a number of 32 bits', 'm=4294967295', 'malformed'],
])('%s is refused before any work', (_, parameter, reason) => {
  const text = own.replace(new RegExp(`${parameter.slice(0, 2)}\\d+`), parameter);
  expect(() => parseRecipe(text)).toThrow(expect.objectContaining({ reason }));
});

test.each([
  ['memory times passes', '$argon2id$v=19$m=131072,t=3,p=1$c29tZXNhbHRzb21lc2FsdA'],
  ['less than eight blocks a lane', '$argon2id$v=19$m=31,t=2,p=4$c29tZXNhbHRzb21lc2FsdA'],
  ['a short salt', '$argon2id$v=19$m=19456,t=2,p=1$c29tZXM'],
  ['a long salt', `$argon2id$v=19$m=19456,t=2,p=1$${'AAAA'.repeat(22)}`],
])('%s is out of bounds', (_, text) => {
  expect(() => parseRecipe(text)).toThrow(expect.objectContaining({ reason: 'out-of-bounds' }));
});

test('the error does not repeat what it refused', () => {
  expect(new RecipeRefused('malformed').message).not.toContain('$');
});
