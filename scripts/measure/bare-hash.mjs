// Argon2id as the binding gives it that the service under measurement uses (PASSWORD_HASHER), with nothing around it.
import { randomBytes } from 'node:crypto';

export const BINDING = process.env.PASSWORD_HASHER ?? 'node-rs';

const COST = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };

const hashers = {
  'node-rs': async () => {
    const { hashRaw } = await import('@node-rs/argon2');
    return (password) => hashRaw(password, { ...COST, salt: randomBytes(16), outputLen: 32 });
  },
  argon2: async () => {
    const { argon2id, hash } = await import('argon2');
    return (password) =>
      hash(password, { ...COST, salt: randomBytes(16), hashLength: 32, type: argon2id, version: 0x13, raw: true });
  },
};

/** Resolves to the tag of a password under a new salt: 19 MiB, 2 passes, 1 lane. */
export const bareHash = await hashers[BINDING]();
