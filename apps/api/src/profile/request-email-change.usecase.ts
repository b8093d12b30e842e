import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { requestEmailChange, type EmailChangeRequested } from '#data/email-change';
import type { LiveSession } from '#data/session';
import { parseEmail, type Email } from '#domain/email';
import type { Asker } from '#platform/http/asker';
import { bearerProblem } from '#platform/http/bearer';
import { KeyRing } from '#platform/keys/key-ring';
import { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';
import { rateLimited } from '#platform/problems/rate-limited';

import { LetterSender } from '../letters/letter-sender.ts';

/** POST /v1/me/email-change: mails a code to the address that a user wants. Whether somebody has it, nothing tells. */
@Injectable()
export class RequestEmailChange {
  readonly #outcomes;

  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
    private readonly sender: LetterSender,
    metrics: Metrics,
  ) {
    this.#outcomes = metrics.counter('troth_email_changes_total', 'Changes of address asked for by outcome', [
      'outcome',
    ]);
  }

  async run(session: LiveSession, newEmail: string, asker: Asker): Promise<void> {
    const email = parseEmail(newEmail);
    if (email === undefined) throw notAnAddress();
    this.#conclude(await this.#request(session, email, asker));
  }

  #request(session: LiveSession, email: Email, { source, requestId }: Asker): Promise<EmailChangeRequested> {
    const { accountId, sessionId, locale, wrappedKey } = session;
    const sealedAddress = this.keys.sealAddress(wrappedKey, email);
    if (sealedAddress === undefined) throw new Error('the key of the account does not open');
    return requestEmailChange(this.db.sql, {
      accountId,
      sessionId,
      accountKey: this.keys.accountKey(accountId),
      email,
      addressKey: this.keys.addressKey(email),
      sealedAddress,
      keyId: this.keys.currentKeyId,
      envelope: this.keys.sealEnvelope({ email, locale }),
      requestId,
      sealedDetails: this.keys.sealAuditDetails(wrappedKey, { email, source }) ?? null,
    });
  }

  #conclude({ outcome, retryAfter }: EmailChangeRequested): void {
    this.#outcomes.inc({ outcome });
    switch (outcome) {
      case 'mailed':
      case 'taken':
      case 'over_quota':
        // Woken whether or not a letter was written, so that the waking tells nothing.
        this.sender.wake();
        return;
      case 'frozen':
        throw new Problem('changes-frozen');
      case 'session_over':
        throw bearerProblem('session-revoked', outcome, 'invalid_token');
      case 'over_limit':
        throw rateLimited('email-changes', 'Too many changes of address.', retryAfter ?? 1);
    }
  }
}

function notAnAddress(): Problem {
  const detail = 'This is no e-mail address that a letter can be sent to.';
  return new Problem('validation-failed', { errors: [{ pointer: '/new_email', code: 'email', detail }] });
}
