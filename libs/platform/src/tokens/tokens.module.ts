import { Global, Module } from '@nestjs/common';

import { Database } from '#data/database';

import { SessionGuard } from '../http/session-guard.ts';
import { KeyRing } from '../keys/key-ring.ts';
import { AccessTokens } from './access-tokens.ts';
import { SessionTokens } from './session-tokens.ts';
import { SigningKeys } from './signing-keys.ts';

/** The tokens of sessions and what they open, for every module. */
@Global()
@Module({
  providers: [
    {
      provide: SigningKeys,
      inject: [Database, KeyRing],
      useFactory: async (db: Database, keys: KeyRing): Promise<SigningKeys> => {
        const signing = new SigningKeys(db, keys);
        await signing.load();
        return signing;
      },
    },
    AccessTokens,
    SessionTokens,
    SessionGuard,
  ],
  exports: [SigningKeys, AccessTokens, SessionTokens, SessionGuard],
})
export class TokensModule {}
