import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import {
  confirmEmailChange,
  findEmailChange,
  type EmailChangeAttempt,
  type PendingEmailChange,
} from '#data/email-change';
import type { LiveSession, SessionAccount } from '#data/session';
import type { Asker } from '#platform/http/asker';
import { bearerProblem } from '#platform/http/bearer';
import { KeyRing } from '#platform/keys/key-ring';
import { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';

import { LetterSender } from '../letters/letter-sender.ts';

/** POST /v1/me/email-change/confirm: the code proves the new address, and the former one is told. */
@Injectable()
export class ConfirmEmailChange {
  readonly #outcomes;

  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
    private readonly sender: LetterSender,
    metrics: Metrics,
  ) {
    this.#outcomes = metrics.counter('troth_email_change_codes_total', 'Codes of changes of address by outcome', [
      'outcome',
    ]);
  }

  async run(session: LiveSession, code: string, asker: Asker): Promise<SessionAccount> {
    const change = await findEmailChange(this.db.sql, session.accountId);
    const email = change && this.keys.openAddress(session.wrappedKey, change.sealedAddress);
    if (change === undefined || email === undefined) throw this.#refuse('no_change');
    // One statement, outside any transaction: an error thrown afterwards must not give the try back.
    const { outcome, account } = await confirmEmailChange(
      this.db.sql,
      this.#attempt(session, change, email, code, asker),
    );
    if (!account) throw this.#refuse(outcome);
    this.#outcomes.inc({ outcome });
    this.sender.wake();
    return account;
  }

  #attempt(
    { accountId, sessionId, email: former, locale, wrappedKey }: LiveSession,
    { changeId, keyId }: PendingEmailChange,
    email: string,
    code: string,
    { source, requestId }: Asker,
  ): EmailChangeAttempt {
    const details = { email, source, ...(former === null ? {} : { former_email: former }) };
    return {
      accountId,
      sessionId,
      accountKey: this.keys.accountKey(accountId),
      changeId,
      codeIsRight: this.keys.emailChangeCodeIsRight(code, changeId, email, keyId),
      email,
      emailKey: this.keys.addressKey(email),
      formerEmail: former,
      sealedFormer: former === null ? null : (this.keys.sealAddress(wrappedKey, former) ?? null),
      addressKey: former === null ? null : this.keys.addressKey(former),
      envelope: former === null ? null : this.keys.sealEnvelope({ email: former, locale }),
      requestId,
      sealedDetails: this.keys.sealAuditDetails(wrappedKey, details) ?? null,
    };
  }

  #refuse(outcome: string): Problem {
    this.#outcomes.inc({ outcome });
    if (outcome === 'frozen') return new Problem('changes-frozen');
    if (outcome === 'session_over') return bearerProblem('session-revoked', outcome, 'invalid_token');
    return new Problem('challenge-failed', { reason: outcome });
  }
}
