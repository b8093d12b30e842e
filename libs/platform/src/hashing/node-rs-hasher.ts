import { hashRaw } from '@node-rs/argon2';
import { PasswordHasher, TAG_BYTES, type HashRecipe } from './password-hasher.ts';

/** PASSWORD_HASHER=node-rs, the default: picks the CPU's vector instructions at run time. */
export class NodeRsHasher extends PasswordHasher {
  derive(password: Uint8Array, recipe: HashRecipe): Promise<Uint8Array> {
    // Argon2id and version 19 are the binding's defaults; its enums are ambient and const: isolated modules cannot read them.
    return hashRaw(password, {
      memoryCost: recipe.memoryKib,
      timeCost: recipe.passes,
      parallelism: recipe.lanes,
      salt: recipe.salt,
      outputLen: TAG_BYTES,
    });
  }
}
