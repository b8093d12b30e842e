import { Injectable } from '@nestjs/common';

import { type AdminAct, type Administrator, findSubjectKey } from '#data/admin';
import { Database } from '#data/database';
import type { LiveSession } from '#data/session';
import type { Asker } from '#platform/http/asker';
import { type AuditDetails, KeyRing } from '#platform/keys/key-ring';
import { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';

const UUID = /^[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}$/i;

/** What the acts of administrators have in common: who acts, on whom, and what is written of it. */
@Injectable()
export class Administrators {
  readonly #acts;

  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
    metrics: Metrics,
  ) {
    this.#acts = metrics.counter('troth_admin_acts_total', 'Acts of administrators by act and outcome', [
      'act',
      'outcome',
    ]);
  }

  /** Who asks. */
  by({ sessionId }: LiveSession, { requestId }: Asker): Administrator {
    return { sessionId, requestId };
  }

  /** The id of a user in a path; `not-found` for a text that is none, after the body was found well-formed. */
  userId(text: string): string {
    if (UUID.test(text)) return text.toLowerCase();
    throw new Problem('not-found', { reason: 'no_uuid' });
  }

  /**
   * An act on a user, its details sealed with the user's own key, so that they go when the user does. Where the administrator
   * is has no place there: it would outlive them.
   */
  async act(session: LiveSession, asker: Asker, userId: string, details: AuditDetails): Promise<AdminAct> {
    const accountId = this.userId(userId);
    const wrappedKey = await findSubjectKey(this.db.sql, accountId);
    if (wrappedKey === undefined) throw new Problem('not-found', { reason: 'no_user' });
    const sealedDetails = this.keys.sealAuditDetails(wrappedKey, details) ?? null;
    return { ...this.by(session, asker), accountId, sealedDetails };
  }

  /** Counts an act, and throws the problem of one that was refused for a reason that all acts share. */
  count(act: string, outcome: string): void {
    this.#acts.inc({ act, outcome });
    // The role was lost, or the session ended, since the guard looked.
    if (outcome === 'not_admin') throw new Problem('forbidden', { reason: outcome });
    if (outcome === 'no_user') throw new Problem('not-found', { reason: outcome });
    if (outcome === 'last_admin') throw new Problem('last-admin');
  }
}
