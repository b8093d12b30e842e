import { Module, type DynamicModule } from '@nestjs/common';

import type { Config } from '#platform/config/config';

import { DevMailboxController } from './dev-mailbox.controller.ts';

/** The development mailbox; nothing at all in production or when letters go by SMTP. */
@Module({})
export class DevMailboxModule {
  static with(config: Config): DynamicModule {
    const isOpen = !config.production && config.smtpUrl === undefined;
    return { module: DevMailboxModule, controllers: isOpen ? [DevMailboxController] : [] };
  }
}
