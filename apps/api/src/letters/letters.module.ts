import { Module, type DynamicModule } from '@nestjs/common';

import type { Config } from '#platform/config/config';
import { MailModule } from '#platform/mail/mail.module';

import { LetterSender } from './letter-sender.ts';
import { LetterWriter } from './letter-writer.ts';

/** Letters: the outbox sender and what the letters say. */
@Module({})
export class LettersModule {
  static with(config: Config): DynamicModule {
    return {
      module: LettersModule,
      global: true,
      imports: [MailModule.with(config)],
      providers: [LetterSender, LetterWriter],
      exports: [LetterSender, MailModule],
    };
  }
}
