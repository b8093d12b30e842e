import { createHmac } from 'node:crypto';
import { Secret } from '#domain/secret';
import { Metrics } from '#platform/metrics/metrics';
import { HashGate } from './hash-gate.ts';
import { NodeRsHasher } from './node-rs-hasher.ts';
import { PasswordHasher, type HashRecipe } from './password-hasher.ts';
import { Passwords } from './passwords.ts';

const PHC = /^\$argon2id\$v=19\$m=19456,t=2,p=1\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$/;
const recipeOf = (phc: string): string => phc.slice(0, phc.lastIndexOf('$'));
const gate = (): HashGate => new HashGate(new Metrics(), 2);
const passwords = (pepper?: string): Passwords =>
  new Passwords(new NodeRsHasher(), gate(), pepper === undefined ? undefined : new Secret(pepper));

class SpyHasher extends PasswordHasher {
  readonly seen: { readonly password: Uint8Array; readonly recipe: HashRecipe }[] = [];
  derive(password: Uint8Array, recipe: HashRecipe): Promise<Uint8Array> {
    this.seen.push({ password, recipe });
    return Promise.resolve(new Uint8Array(32));
  }
}

test('a new password becomes a PHC string under a salt of its own', async () => {
  const [first, second] = await Promise.all([passwords().hash('a password'), passwords().hash('a password')]);
  expect(first).toMatch(PHC);
  expect(second).toMatch(PHC);
  expect(recipeOf(first)).not.toBe(recipeOf(second));
});

test('under the same recipe the right password, and no other, gives the same string', async () => {
  const stored = await passwords().hash('a password');
  expect(await passwords().hashWith('a password', recipeOf(stored))).toBe(stored);
  expect(await passwords().hashWith('A password', recipeOf(stored))).not.toBe(stored);
  expect(await passwords().hashWith('a password ', recipeOf(stored))).not.toBe(stored);
});

test('spellings that are one text in NFKC are one password', async () => {
  const stored = await passwords().hash('Å\uFB01n passw\u006F\u0308rd');
  expect(await passwords().hashWith('A\u030Afin passw\u00F6rd', recipeOf(stored))).toBe(stored);
});

test('the pepper is an HMAC-SHA256 key over the password in UTF-8', async () => {
  const spy = new SpyHasher();
  await new Passwords(spy, gate(), new Secret('pepper')).hash('pässword');
  const expected = createHmac('sha256', 'pepper').update('pässword', 'utf8').digest('hex');
  expect(spy.seen.map(({ password }) => Buffer.from(password).toString('hex'))).toEqual([expected]);
});

test('another pepper, or none, does not open what one has sealed', async () => {
  const stored = await passwords('one').hash('a password');
  expect(await passwords('one').hashWith('a password', recipeOf(stored))).toBe(stored);
  expect(await passwords('two').hashWith('a password', recipeOf(stored))).not.toBe(stored);
  expect(await passwords().hashWith('a password', recipeOf(stored))).not.toBe(stored);
});

test.each(['', 'plain', '$argon2id$v=19$m=1048576,t=2,p=1$c29tZXNhbHRzb21lc2FsdA'])(
  'the recipe %p is refused before anything is hashed',
  async (recipe) => {
    const spy = new SpyHasher();
    await expect(new Passwords(spy, gate()).hashWith('a password', recipe)).rejects.toThrow('recipe was refused');
    expect(spy.seen).toEqual([]);
  },
);

test('a whole stored string is no recipe: a hash must never leave the database', async () => {
  const stored = await passwords().hash('a password');
  await expect(passwords().hashWith('a password', stored)).rejects.toThrow('malformed');
});

test('a stand-in recipe is constant for its seed and shaped like a real one', async () => {
  const [ada, bob] = [Buffer.from('ada'), Buffer.from('bob')];
  expect(passwords().standInRecipe(ada)).toBe(passwords().standInRecipe(ada));
  expect(passwords().standInRecipe(ada)).not.toBe(passwords().standInRecipe(bob));
  expect(await passwords().hashWith('a password', passwords().standInRecipe(ada))).toMatch(PHC);
});
