import { Injectable } from '@nestjs/common';

import type { LeasedLetter } from '#data/letter';
import type { AccountTokenPurpose } from '#domain/account-token';
import { Config } from '#platform/config/config';
import { KeyRing } from '#platform/keys/key-ring';
import type { Letter } from '#platform/mail/mailbox';

import type { Written } from './templates/template.ts';
import { templatesFor } from './templates/templates.ts';

/** Makes a letter of a row: opens the envelope, derives the code, and fills in the template. */
@Injectable()
export class LetterWriter {
  readonly #pages: string;

  constructor(
    config: Config,
    private readonly keys: KeyRing,
  ) {
    this.#pages = config.webUrl ?? `${config.publicUrl}/letters`;
  }

  /** Undefined when the secret that sealed the row is gone: nobody can read it any more. */
  write(row: LeasedLetter, secondsLeft: number): Letter | undefined {
    const recipient = this.keys.openEnvelope(row.envelope);
    const written = recipient && this.#fill(row, recipient.email, recipient.locale ?? row.accountLocale, secondsLeft);
    return written && { id: row.id, to: recipient.email, ...written };
  }

  #fill(row: LeasedLetter, email: string, locale: string | null, secondsLeft: number): Written | undefined {
    const ownerToken = this.keys.ownerToken(row.addressKey, row.issuedDay);
    const ownerLink = `${this.#pages}/owner?owner_token=${ownerToken}`;
    const templates = templatesFor(locale);
    switch (row.kind) {
      case 'already_registered':
        return templates.alreadyRegistered({ ownerLink });
      case 'session_reused':
        return templates.sessionReused({ notMeLink: this.#link('not-me', 'not_me', row) });
      case 'password_changed': {
        const notMeLink = this.#link('not-me', 'not_me', row);
        return notMeLink === undefined ? undefined : templates.passwordChanged({ notMeLink });
      }
      case 'password_reset': {
        const link = this.#link('password-reset', 'password_reset', row);
        if (link === undefined) return undefined;
        // With it the page can ask for the next link, whoever used the quota up.
        const resetLink = `${link}&owner_token=${ownerToken}`;
        return templates.passwordReset({ resetLink, minutesLeft: Math.ceil(secondsLeft / 60) });
      }
      case 'registration_code': {
        const { claimId, codeLength, keyId } = row;
        if (claimId === null || codeLength === null || keyId === null) return undefined;
        const code = this.keys.registrationCode(claimId, email, codeLength, keyId);
        return code === undefined ? undefined : templates.registrationCode({ code, secondsLeft, ownerLink });
      }
    }
  }
  #link(page: string, purpose: AccountTokenPurpose, { tokenId, accountId }: LeasedLetter): string | undefined {
    if (tokenId === null || accountId === null) return undefined;
    return `${this.#pages}/${page}?token=${this.keys.accountToken(purpose, tokenId, accountId)}`;
  }
}
