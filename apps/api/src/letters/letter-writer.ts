import { Injectable } from '@nestjs/common';

import type { LeasedLetter } from '#data/letter';
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
    const written = recipient && this.#fill(row, recipient.email, recipient.locale, secondsLeft);
    return written && { id: row.id, to: recipient.email, ...written };
  }

  #fill(row: LeasedLetter, email: string, locale: string | null, secondsLeft: number): Written | undefined {
    const ownerLink = `${this.#pages}/owner?owner_token=${this.keys.ownerToken(row.addressKey, row.issuedDay)}`;
    switch (row.kind) {
      case 'already_registered':
        return templatesFor(locale).alreadyRegistered({ ownerLink });
      case 'session_reused':
        return templatesFor(locale).sessionReused();
      case 'registration_code': {
        const { claimId, codeLength, keyId } = row;
        if (claimId === null || codeLength === null || keyId === null) return undefined;
        const code = this.keys.registrationCode(claimId, email, codeLength, keyId);
        return code === undefined ? undefined : templatesFor(locale).registrationCode({ code, secondsLeft, ownerLink });
      }
    }
  }
}
