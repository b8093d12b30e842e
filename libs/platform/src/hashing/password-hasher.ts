/** What Argon2id needs besides the password: memory in KiB, passes over it, lanes, and the salt (RFC 9106, 3.1). */
export interface HashRecipe {
  readonly memoryKib: number;
  readonly passes: number;
  readonly lanes: number;
  readonly salt: Uint8Array;
}

/** Length of every Argon2id tag we make, in bytes (RFC 9106, 4). */
export const TAG_BYTES = 32;

/** One binding of Argon2id, version 19. It works on libuv's thread pool and must only be called through the gate. */
export abstract class PasswordHasher {
  /** The raw tag of 32 bytes; the same bytes from every adapter. */
  abstract derive(password: Uint8Array, recipe: HashRecipe): Promise<Uint8Array>;
}
