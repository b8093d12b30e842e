import { availableParallelism } from 'node:os';
import { Global, Module } from '@nestjs/common';
import { Config } from '#platform/config/config';
import { Metrics } from '#platform/metrics/metrics';
import { BreachedPasswords } from './breached-passwords.ts';
import { HashGate } from './hash-gate.ts';
import { PasswordHasher } from './password-hasher.ts';
import { PasswordRules } from './password-rules.ts';
import { Passwords } from './passwords.ts';

// Only the chosen binding is loaded: a native library that is not used can neither cost memory nor crash.
async function chosenHasher(config: Config): Promise<PasswordHasher> {
  switch (config.passwordHasher) {
    case 'node-rs':
      return new (await import('./node-rs-hasher.ts')).NodeRsHasher();
    case 'argon2':
      return new (await import('./argon2-hasher.ts')).Argon2Hasher();
  }
}

/** Password hashing for the whole process: one hasher, one gate. */
@Global()
@Module({
  providers: [
    { provide: PasswordHasher, useFactory: chosenHasher, inject: [Config] },
    {
      provide: HashGate,
      useFactory: (metrics: Metrics) => new HashGate(metrics, availableParallelism()),
      inject: [Metrics],
    },
    {
      provide: Passwords,
      useFactory: (hasher: PasswordHasher, gate: HashGate, config: Config) =>
        new Passwords(hasher, gate, config.passwordPepper),
      inject: [PasswordHasher, HashGate, Config],
    },
    BreachedPasswords,
    PasswordRules,
  ],
  exports: [Passwords, PasswordRules],
})
export class HashingModule {}
