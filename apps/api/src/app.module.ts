import { Module, type DynamicModule } from '@nestjs/common';

import type { DestinationStream } from 'pino';

import type { Config } from '#platform/config/config';
import { HashingModule } from '#platform/hashing/hashing.module';
import { KeysModule } from '#platform/keys/keys.module';
import { TokensModule } from '#platform/tokens/tokens.module';
import { PlatformModule } from '#platform/platform.module';

import { AccountDeletionModule } from './account-deletion/account-deletion.module.ts';
import { ActivityModule } from './activity/activity.module.ts';
import { AdminModule } from './admin/admin.module.ts';
import { AuditModule } from './audit/audit.module.ts';
import { DevMailboxModule } from './dev-mailbox/dev-mailbox.module.ts';
import { HealthModule } from './health/health.module.ts';
import { HousekeepingModule } from './housekeeping/housekeeping.module.ts';
import { SigningKeysModule } from './keys/keys.module.ts';
import { LetterPagesModule } from './letter-pages/letter-pages.module.ts';
import { LettersModule } from './letters/letters.module.ts';
import { PasswordModule } from './password/password.module.ts';
import { OauthClientsModule } from './oauth-clients/oauth-clients.module.ts';
import { PrivacyModule } from './privacy/privacy.module.ts';
import { ProfileModule } from './profile/profile.module.ts';
import { RegistrationModule } from './registration/registration.module.ts';
import { SecurityModule } from './security/security.module.ts';
import { SessionsModule } from './sessions/sessions.module.ts';
import { VerificationModule } from './verification/verification.module.ts';

/** Everything there is. A new feature is one folder and one line here. */
@Module({})
export class AppModule {
  static with(config: Config, log?: DestinationStream): DynamicModule {
    return {
      module: AppModule,
      imports: [
        PlatformModule.with(config, log),
        KeysModule,
        HashingModule,
        TokensModule,
        SigningKeysModule,
        HealthModule,
        LettersModule.with(config),
        LetterPagesModule,
        DevMailboxModule.with(config),
        RegistrationModule,
        VerificationModule,
        SessionsModule,
        PasswordModule,
        OauthClientsModule,
        ProfileModule,
        AccountDeletionModule,
        ActivityModule,
        AdminModule,
        PrivacyModule,
        SecurityModule,
        AuditModule,
        HousekeepingModule,
      ],
    };
  }
}
