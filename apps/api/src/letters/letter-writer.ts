import { Injectable } from '@nestjs/common';

import type { LeasedLetter } from '#data/letter';
import type { AccountTokenPurpose } from '#domain/account-token';
import type { Farewell } from '#domain/retention';
import { Config } from '#platform/config/config';
import { KeyRing, type Recipient } from '#platform/keys/key-ring';
import type { Letter } from '#platform/mail/mailbox';

import type { FarewellFacts, LetterTemplates, Written } from './templates/template.ts';
import { templatesFor } from './templates/templates.ts';

/** Makes a letter of a row: opens the envelope, derives the code, and fills in the template. */
@Injectable()
export class LetterWriter {
  readonly #pages: string;

  constructor(
    private readonly config: Config,
    private readonly keys: KeyRing,
  ) {
    this.#pages = config.webUrl ?? `${config.publicUrl}/letters`;
  }

  /** Undefined when the secret that sealed the row is gone: nobody can read it any more. */
  write(row: LeasedLetter, secondsLeft: number): Letter | undefined {
    const recipient = this.keys.openEnvelope(row.envelope);
    const written = recipient && this.#fill(row, recipient, secondsLeft);
    return written && { id: row.id, to: recipient.email, ...written };
  }

  #fill(row: LeasedLetter, { email, locale, note }: Recipient, secondsLeft: number): Written | undefined {
    const ownerToken = this.keys.ownerToken(row.addressKey, row.issuedDay);
    const ownerLink = `${this.#pages}/owner?owner_token=${ownerToken}`;
    const templates = templatesFor(locale ?? row.accountLocale);
    switch (row.kind) {
      case 'already_registered':
        return templates.alreadyRegistered({ ownerLink });
      case 'session_reused':
        return templates.sessionReused({ notMeLink: this.#link('not-me', 'not_me', row) });
      case 'password_changed': {
        const notMeLink = this.#link('not-me', 'not_me', row);
        return notMeLink === undefined ? undefined : templates.passwordChanged({ notMeLink });
      }
      case 'deletion_scheduled': {
        const notMeLink = this.#link('not-me', 'not_me', row);
        const effectiveAt = row.accountDeletionAt === null ? undefined : minuteOf(row.accountDeletionAt.toISOString());
        return notMeLink === undefined ? undefined : templates.deletionScheduled({ notMeLink, effectiveAt });
      }
      case 'account_deleted':
        return note === undefined ? undefined : templates.accountDeleted(this.#farewell(JSON.parse(note) as Farewell));
      case 'password_reset': {
        const link = this.#link('password-reset', 'password_reset', row);
        if (link === undefined) return undefined;
        // With it the page can ask for the next link, whoever used the quota up.
        const resetLink = `${link}&owner_token=${ownerToken}`;
        return templates.passwordReset({ resetLink, minutesLeft: Math.ceil(secondsLeft / 60) });
      }
      case 'email_changed': {
        const revertLink = this.#link('email-change-revert', 'email_change_revert', row);
        return revertLink === undefined ? undefined : templates.emailChanged({ revertLink });
      }
      case 'email_change_code':
      case 'registration_code':
        return this.#withCode(row, email, templates, { secondsLeft, ownerLink });
    }
  }

  #withCode(
    { changeId, claimId, codeLength, keyId }: LeasedLetter,
    email: string,
    templates: LetterTemplates,
    { secondsLeft, ownerLink }: { readonly secondsLeft: number; readonly ownerLink: string },
  ): Written | undefined {
    if (keyId === null) return undefined;
    if (changeId !== null) {
      const code = this.keys.emailChangeCode(changeId, email, keyId);
      const minutesLeft = Math.ceil(secondsLeft / 60);
      return code === undefined ? undefined : templates.emailChangeCode({ code, minutesLeft, ownerLink });
    }
    if (claimId === null || codeLength === null) return undefined;
    const code = this.keys.registrationCode(claimId, email, codeLength, keyId);
    return code === undefined ? undefined : templates.registrationCode({ code, secondsLeft, ownerLink });
  }

  #farewell({ retained, opening, ...facts }: Farewell): FarewellFacts {
    return {
      ...facts,
      opening,
      retained: retained.map(({ kind, until }) => ({ kind, until: minuteOf(until) })),
      keysLink: `${this.config.publicUrl}/.well-known/jwks.json`,
    };
  }

  #link(page: string, purpose: AccountTokenPurpose, { tokenId, accountId }: LeasedLetter): string | undefined {
    if (tokenId === null || accountId === null) return undefined;
    return `${this.#pages}/${page}?token=${this.keys.accountToken(purpose, tokenId, accountId)}`;
  }
}

/** A time as people read it, in whatever language: `2026-02-03 14:05 UTC`. */
function minuteOf(time: string): string {
  return `${time.slice(0, 16).replace('T', ' ')} UTC`;
}
