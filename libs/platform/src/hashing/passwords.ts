import { createHash, createHmac, randomBytes } from 'node:crypto';
import { normalizePassword } from '#domain/password';
import type { Secret } from '#domain/secret';
import type { HashGate } from './hash-gate.ts';
import type { HashRecipe, PasswordHasher } from './password-hasher.ts';
import { parseRecipe, phcText, recipeText } from './phc.ts';

const SALT_BYTES = 16;

/** The cost of every new hash: 19 MiB, two passes, one lane (OWASP Password Storage Cheat Sheet). */
export const OWN_COST = { memoryKib: 19_456, passes: 2, lanes: 1 } as const satisfies Omit<HashRecipe, 'salt'>;

/** Turns passwords into Argon2id PHC strings, one gate for all. Nothing here compares: the database does. */
export class Passwords {
  readonly #hasher: PasswordHasher;
  readonly #gate: HashGate;
  readonly #pepper: Secret | undefined;

  /** The pepper is a secret key outside the database; it can be neither added nor changed once passwords exist. */
  constructor(hasher: PasswordHasher, gate: HashGate, pepper?: Secret) {
    this.#hasher = hasher;
    this.#gate = gate;
    this.#pepper = pepper;
  }

  /** The PHC string of a new password under a fresh salt. Throws Problem `overloaded` when the gate sheds. */
  hash(password: string): Promise<string> {
    return this.#hashBy({ ...OWN_COST, salt: randomBytes(SALT_BYTES) }, password);
  }

  /**
   * The PHC string of a presented password under a known recipe (a PHC string without its last part): equal to the
   * stored string exactly when the password is right. Throws RecipeRefused for any other text.
   */
  async hashWith(password: string, recipe: string): Promise<string> {
    return this.#hashBy(parseRecipe(recipe), password);
  }

  /** Whether a recipe has the cost of a new hash. */
  hasOwnCost(recipe: string): boolean {
    const { memoryKib, passes, lanes } = parseRecipe(recipe);
    return memoryKib === OWN_COST.memoryKib && passes === OWN_COST.passes && lanes === OWN_COST.lanes;
  }

  /** The recipe shown for an address that has none: the same for the same seed, and no different from a real one. */
  standInRecipe(seed: Uint8Array): string {
    const salt = createHash('sha256').update('stand-in salt').update(seed).digest().subarray(0, SALT_BYTES);
    return recipeText({ ...OWN_COST, salt });
  }

  async #hashBy(recipe: HashRecipe, password: string): Promise<string> {
    const tag = await this.#gate.run(() => this.#hasher.derive(this.#seasoned(password), recipe));
    return phcText(recipe, tag);
  }

  #seasoned(password: string): Uint8Array {
    const bytes = Buffer.from(normalizePassword(password), 'utf8');
    return this.#pepper ? createHmac('sha256', this.#pepper.reveal()).update(bytes).digest() : bytes;
  }
}
