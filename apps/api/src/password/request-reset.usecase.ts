import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { requestPasswordReset } from '#data/password';
import { parseEmail } from '#domain/email';
import type { Asker } from '#platform/http/asker';
import { KeyRing } from '#platform/keys/key-ring';
import { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';

import { LetterSender } from '../letters/letter-sender.ts';
import type { RequestResetDto } from './request-reset.dto.ts';

/** POST /v1/password-resets: mails a link that resets the password. Whether the address is known, nothing tells. */
@Injectable()
export class RequestReset {
  readonly #outcomes;

  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
    private readonly sender: LetterSender,
    metrics: Metrics,
  ) {
    this.#outcomes = metrics.counter('troth_password_resets_total', 'Resets asked for by outcome', ['outcome']);
  }

  async run(dto: RequestResetDto, asker: Asker, idempotencyKey?: string): Promise<void> {
    const email = parseEmail(dto.email);
    if (email === undefined) throw notAnAddress();
    const addressKey = this.keys.addressKey(email);
    const outcome = await requestPasswordReset(this.db.sql, {
      email,
      addressKey,
      ownerTokenDay: this.keys.ownerTokenDay(dto.owner_token ?? undefined, addressKey) ?? null,
      envelope: this.keys.sealEnvelope({ email, locale: null }),
      ...this.keys.idempotency(idempotencyKey, [asker.source, 'POST', '/v1/password-resets'], [email]),
    });
    this.#outcomes.inc({ outcome });
    // Woken whether or not a letter was written, so that the waking tells nothing.
    this.sender.wake();
    if (outcome === 'conflict') throw new Problem('idempotency-conflict');
  }
}

function notAnAddress(): Problem {
  const detail = 'This is no e-mail address that a letter can be sent to.';
  return new Problem('validation-failed', { errors: [{ pointer: '/email', code: 'email', detail }] });
}
