import { Global, Module } from '@nestjs/common';

import { Database } from '#data/database';

import { Config } from '../config/config.ts';
import { SessionGuard } from '../http/session-guard.ts';
import { KeyRing } from '../keys/key-ring.ts';
import { loadReceiptKey } from '../keys/sealed-keys.ts';
import { AccessTokens } from './access-tokens.ts';
import { DeletionReceipts } from './deletion-receipts.ts';
import { SessionTokens } from './session-tokens.ts';
import { SigningKeys } from './signing-keys.ts';

/** The tokens of sessions and what they open, and the receipts of those who left, for every module. */
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
    {
      provide: DeletionReceipts,
      inject: [Config, Database],
      useFactory: async (config: Config, db: Database): Promise<DeletionReceipts> =>
        new DeletionReceipts(config.publicUrl, await loadReceiptKey(db.sql, config.secret, config.previousSecrets)),
    },
    AccessTokens,
    SessionTokens,
    SessionGuard,
  ],
  exports: [SigningKeys, DeletionReceipts, AccessTokens, SessionTokens, SessionGuard],
})
export class TokensModule {}
