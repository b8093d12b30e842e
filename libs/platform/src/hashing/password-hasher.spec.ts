import { verify as verifyByArgon2 } from 'argon2';
import { verify as verifyByNodeRs } from '@node-rs/argon2';
import { Argon2Hasher } from './argon2-hasher.ts';
import { NodeRsHasher } from './node-rs-hasher.ts';
import type { HashRecipe } from './password-hasher.ts';
import { phcText } from './phc.ts';

const text = (value: string): Uint8Array => Uint8Array.from(Buffer.from(value, 'utf8'));
const recipe = (memoryKib: number, passes: number, lanes: number, salt = 'somesalt'): HashRecipe => {
  return { memoryKib, passes, lanes, salt: text(salt) };
};
const own = recipe(19_456, 2, 1, 'somesaltsomesalt');

// From src/test.c of the reference implementation, github.com/P-H-C/phc-winner-argon2 (Argon2id, version 19).
const VECTORS = [
  {
    recipe: recipe(65_536, 2, 1),
    password: 'password',
    tag: '09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7',
  },
  {
    recipe: recipe(256, 2, 1),
    password: 'password',
    tag: '9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe',
  },
  {
    recipe: recipe(256, 2, 2),
    password: 'password',
    tag: '6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037',
  },
  {
    recipe: recipe(65_536, 1, 1),
    password: 'password',
    tag: 'f6a5adc1ba723dddef9b5ac1d464e180fcd9dffc9d1cbf76cca2fed795d9ca98',
  },
  {
    recipe: recipe(65_536, 2, 1),
    password: 'differentpassword',
    tag: '0b84d652cf6b0c4beaef0dfe278ba6a80df6696281d7e0d2891b817d8c458fde',
  },
  {
    recipe: recipe(65_536, 2, 1, 'diffsalt'),
    password: 'password',
    tag: 'bdf32b05ccc42eb15d58fd19b1f856b113da1e9a5874fdcc544308565aa8141c',
  },
];

const HASHERS = [new NodeRsHasher(), new Argon2Hasher()].map((hasher) => ({ name: hasher.constructor.name, hasher }));

describe.each(HASHERS)('$name', ({ hasher }) => {
  test.each(VECTORS)('gives the tag of the reference implementation, $tag', async ({ recipe, password, tag }) => {
    expect(Buffer.from(await hasher.derive(text(password), recipe)).toString('hex')).toBe(tag);
  });

  test('its PHC strings are verified by both bindings, whatever the bytes', async () => {
    for (const password of ['correct horse battery staple', 'пароль\u0000 🔑', '']) {
      const phc = phcText(own, await hasher.derive(text(password), own));
      expect(await verifyByArgon2(phc, Buffer.from(password))).toBe(true);
      expect(await verifyByNodeRs(phc, Buffer.from(password))).toBe(true);
      expect(await verifyByArgon2(phc, Buffer.from(`${password}x`))).toBe(false);
      expect(await verifyByNodeRs(phc, Buffer.from(`${password}x`))).toBe(false);
    }
  });

  test('rejects instead of throwing or answering when the binding refuses the recipe', async () => {
    await expect(hasher.derive(text('password'), recipe(1, 2, 1))).rejects.toThrow();
  });
});
