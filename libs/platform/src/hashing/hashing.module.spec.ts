import { Global, Module, type DynamicModule } from '@nestjs/common';
import { Test } from '@nestjs/testing';
import { Config } from '#platform/config/config';
import { Metrics } from '#platform/metrics/metrics';
import { Argon2Hasher } from './argon2-hasher.ts';
import { HashingModule } from './hashing.module.ts';
import { NodeRsHasher } from './node-rs-hasher.ts';
import { PasswordHasher } from './password-hasher.ts';
import { Passwords } from './passwords.ts';

@Global()
@Module({})
class Surroundings {
  static with(config: Partial<Config>): DynamicModule {
    const providers = [{ provide: Config, useValue: config }, Metrics];
    return { module: Surroundings, providers, exports: providers };
  }
}

test.each([
  ['node-rs', NodeRsHasher],
  ['argon2', Argon2Hasher],
] as const)('PASSWORD_HASHER=%s chooses its adapter', async (passwordHasher, adapter) => {
  const imports = [Surroundings.with({ passwordHasher }), HashingModule];
  const app = await Test.createTestingModule({ imports }).compile();
  expect(app.get(PasswordHasher)).toBeInstanceOf(adapter);
  const passwords = app.get(Passwords);
  const phc = await passwords.hash('a password');
  expect(await passwords.hashWith('a password', phc.slice(0, phc.lastIndexOf('$')))).toBe(phc);
  await app.close();
});
