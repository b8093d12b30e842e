import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { cancelDeletion } from '#data/deletion';
import type { LiveSession } from '#data/session';
import type { Asker } from '#platform/http/asker';
import { bearerProblem } from '#platform/http/bearer';
import { KeyRing } from '#platform/keys/key-ring';

/** DELETE /v1/me/deletion: the account stays. */
@Injectable()
export class CancelDeletion {
  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
  ) {}

  async run({ accountId, sessionId, wrappedKey }: LiveSession, { source, requestId }: Asker): Promise<void> {
    const sealedDetails = this.keys.sealAuditDetails(wrappedKey, { source }) ?? null;
    if (!(await cancelDeletion(this.db.sql, accountId, sessionId, { requestId, sealedDetails })))
      throw bearerProblem('session-revoked', 'session_over', 'invalid_token');
  }
}
