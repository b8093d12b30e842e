import type { MailerService } from '@nestjs-modules/mailer';

import { parseEmail } from '#domain/email';

import { Mailbox, type Delivery, type Letter } from './mailbox.ts';

/** Bounds of one letter, in milliseconds. */
export interface SmtpLimits {
  /** To connect, and again to be greeted. */
  readonly connect: number;
  /** In all. */
  readonly total: number;
}

/** What an SMTP server of today keeps to with ease. */
const SMTP_LIMITS: SmtpLimits = { connect: 2_000, total: 4_000 };

/** Options of nodemailer's SMTP transport; times in milliseconds. */
export interface SmtpTransport {
  readonly url: string;
  readonly connectionTimeout: number;
  readonly greetingTimeout: number;
  readonly dnsTimeout: number;
  readonly socketTimeout: number;
  readonly disableFileAccess: boolean;
  readonly disableUrlAccess: boolean;
}

/** The transport of nodemailer for a URL. Nothing but the letter itself is ever read to make it. */
export function smtpTransport(url: string, limits: SmtpLimits = SMTP_LIMITS): SmtpTransport {
  return {
    url,
    connectionTimeout: limits.connect,
    greetingTimeout: limits.connect,
    dnsTimeout: limits.connect,
    socketTimeout: limits.total,
    disableFileAccess: true,
    disableUrlAccess: true,
  };
}

/** Sends letters by SMTP, one connection a letter. */
export class SmtpMailbox extends Mailbox {
  readonly #host: string;

  constructor(
    private readonly mailer: Pick<MailerService, 'sendMail'>,
    private readonly from: string,
    private readonly limits: SmtpLimits = SMTP_LIMITS,
  ) {
    super();
    this.#host = /@([^\s<>@]+)>?\s*$/.exec(from)?.[1] ?? 'localhost';
  }

  async send(letter: Letter, { milliseconds }: { readonly milliseconds: number }): Promise<Delivery> {
    // A mailer reads lists, names and line breaks into a recipient; what is no plain address is not given to it.
    if (parseEmail(letter.to) !== letter.to) return { kind: 'never', reason: 'no_address' };
    // The signal closes the connection too: a server that answers a byte at a time is not waited for.
    const deadline = AbortSignal.timeout(Math.max(1, Math.floor(Math.min(milliseconds, this.limits.total))));
    try {
      // As objects, so that nothing in an address is read as a list of addresses.
      await this.mailer.sendMail({
        from: this.from,
        to: [{ name: '', address: letter.to }],
        envelope: { from: this.#sender(), to: [letter.to] },
        messageId: `<${letter.id}@${this.#host}>`,
        subject: letter.subject,
        text: letter.text,
        html: letter.html,
        headers: { 'Auto-Submitted': 'auto-generated' },
        ...{ signal: deadline },
      });
      return { kind: 'sent' };
    } catch (error) {
      return failureOf(error, deadline.aborted);
    }
  }

  #sender(): string {
    return /<([^<>]+)>\s*$/.exec(this.from)?.[1] ?? this.from;
  }
}

/** The recipient's side may refuse for good; everything else (4xx, time, network, our credentials) may pass. */
function failureOf(error: unknown, outOfTime: boolean): Delivery {
  if (outOfTime) return { kind: 'later', reason: 'time_out' };
  const { code, responseCode } = describe(error);
  const refused = (code === 'EENVELOPE' || code === 'EMESSAGE') && responseCode !== undefined && responseCode >= 500;
  if (refused) return { kind: 'never', reason: `smtp_${responseCode}` };
  return { kind: 'later', reason: responseCode === undefined ? code.toLowerCase() : `smtp_${responseCode}` };
}

function describe(error: unknown): { readonly code: string; readonly responseCode: number | undefined } {
  if (!(error instanceof Error)) return { code: 'unknown', responseCode: undefined };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : 'unknown';
  const responseCode =
    'responseCode' in error && typeof error.responseCode === 'number' ? error.responseCode : undefined;
  return { code, responseCode };
}
