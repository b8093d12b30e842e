import { argon2id, hash } from 'argon2';
import { PasswordHasher, TAG_BYTES, type HashRecipe } from './password-hasher.ts';

const VERSION_19 = 0x13;

/** PASSWORD_HASHER=argon2: the reference implementation in C. */
export class Argon2Hasher extends PasswordHasher {
  derive(password: Uint8Array, recipe: HashRecipe): Promise<Uint8Array> {
    return hash(Buffer.from(password), {
      raw: true,
      type: argon2id,
      version: VERSION_19,
      memoryCost: recipe.memoryKib,
      timeCost: recipe.passes,
      parallelism: recipe.lanes,
      salt: Buffer.from(recipe.salt),
      hashLength: TAG_BYTES,
    });
  }
}
