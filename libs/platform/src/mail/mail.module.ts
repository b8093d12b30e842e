import { MailerModule, MailerService } from '@nestjs-modules/mailer';
import { Module, type DynamicModule } from '@nestjs/common';

import { Config } from '../config/config.ts';
import { DevMailbox } from './dev-mailbox.ts';
import { Mailbox } from './mailbox.ts';
import { SmtpMailbox, smtpTransport } from './smtp-mailbox.ts';

/** The mailbox that the settings ask for: SMTP, or the development mailbox while SMTP_URL is unset. */
@Module({})
export class MailModule {
  static with(config: Config): DynamicModule {
    return config.smtpUrl === undefined ? development(config) : smtp(config.smtpUrl);
  }
}

function smtp(url: string): DynamicModule {
  const mailbox = {
    provide: Mailbox,
    inject: [MailerService, Config],
    useFactory: (mailer: MailerService, { mailFrom }: Config) => new SmtpMailbox(mailer, mailFrom),
  };
  return {
    module: MailModule,
    imports: [MailerModule.forRoot({ transport: smtpTransport(url) })],
    providers: [mailbox],
    exports: [Mailbox],
  };
}

function development(config: Config): DynamicModule {
  const print = (text: string): void => {
    if (config.logLevel !== 'silent') process.stdout.write(text);
  };
  return {
    module: MailModule,
    providers: [
      { provide: DevMailbox, useFactory: () => new DevMailbox(print) },
      { provide: Mailbox, useExisting: DevMailbox },
    ],
    exports: [Mailbox, DevMailbox],
  };
}
