import { Global, Module } from '@nestjs/common';

import { Database } from '#data/database';

import { Config } from '../config/config.ts';
import { KeyRing } from './key-ring.ts';
import { loadKeyRing } from './sealed-keys.ts';

/** The key ring of this process, for every module. */
@Global()
@Module({
  providers: [
    {
      provide: KeyRing,
      inject: [Config, Database],
      useFactory: (config: Config, db: Database) => loadKeyRing(db.sql, config.secret, config.previousSecrets),
    },
  ],
  exports: [KeyRing],
})
export class KeysModule {}
