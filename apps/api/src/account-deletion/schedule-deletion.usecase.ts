import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { scheduleDeletion, type ScheduledDeletion } from '#data/deletion';
import type { LiveSession } from '#data/session';
import { forItsAddress, type Settled } from '#data/settled-address';
import type { Asker } from '#platform/http/asker';
import { bearerProblem } from '#platform/http/bearer';
import { KeyRing } from '#platform/keys/key-ring';
import { Problem } from '#platform/problems/problem';

import { LetterSender } from '../letters/letter-sender.ts';

/** POST /v1/me/deletion: notes when the account is to be erased, and tells its owner by a letter. */
@Injectable()
export class ScheduleDeletion {
  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
    private readonly sender: LetterSender,
  ) {}

  /** Resolves to the time of the erasure. */
  async run(session: LiveSession, afterDays: number, asker: Asker, idempotencyKey?: string): Promise<Date> {
    const { accountId, sessionId, wrappedKey } = session;
    const request = {
      accountId,
      sessionId,
      afterDays,
      ...this.keys.idempotency(idempotencyKey, [accountId, 'POST', '/v1/me/deletion'], [afterDays]),
      requestId: asker.requestId,
      sealedDetails: this.keys.sealAuditDetails(wrappedKey, { source: asker.source }) ?? null,
    };
    const scheduled = await forItsAddress(this.db.sql, session, ({ email, locale }) =>
      scheduleDeletion(this.db.sql, {
        ...request,
        email,
        addressKey: email === null ? null : this.keys.addressKey(email),
        envelope: email === null ? null : this.keys.sealEnvelope({ email, locale }),
      }),
    );
    return this.#conclude(scheduled);
  }

  #conclude({ outcome, effectiveAt }: Settled<ScheduledDeletion>): Date {
    switch (outcome) {
      case 'scheduled':
        if (effectiveAt === null) throw new Error('a deletion was scheduled for no time');
        this.sender.wake();
        return effectiveAt;
      case 'scheduled_already':
        throw new Problem('deletion-scheduled');
      case 'session_over':
        throw bearerProblem('session-revoked', outcome, 'invalid_token');
      case 'frozen':
        throw new Problem('changes-frozen');
      case 'last_admin':
        throw new Problem('last-admin');
      case 'conflict':
        throw new Problem('idempotency-conflict');
    }
  }
}
