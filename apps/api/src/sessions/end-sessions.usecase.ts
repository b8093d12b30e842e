import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { endSession, endSessions, type AuditedAct, type LiveSession } from '#data/session';
import type { Asker } from '#platform/http/asker';
import { KeyRing } from '#platform/keys/key-ring';
import { Problem } from '#platform/problems/problem';

/** DELETE /v1/sessions and below it: sessions end at the user's wish, on every replica at once. */
@Injectable()
export class EndSessions {
  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
  ) {}

  /** Ends one session of the user; `not-found` when they have none of this id. */
  async one(session: LiveSession, sessionId: string, asker: Asker): Promise<void> {
    const ended = await endSession(this.db.sql, session.accountId, sessionId, this.#act(session, asker));
    if (!ended) throw new Problem('not-found', { reason: 'no_such_session' });
  }

  /** Ends all sessions of the user, or all but the one that asks. */
  async all(session: LiveSession, exceptCurrent: boolean, asker: Asker): Promise<void> {
    const kept = exceptCurrent ? session.sessionId : null;
    await endSessions(this.db.sql, session.accountId, kept, this.#act(session, asker));
  }

  #act({ wrappedKey }: LiveSession, { source, requestId }: Asker): AuditedAct {
    return { requestId, sealedDetails: this.keys.sealAuditDetails(wrappedKey, { source }) ?? null };
  }
}
