import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { endReusedSession, refreshSession, type SessionOwner } from '#data/session';
import { Config } from '#platform/config/config';
import type { Asker } from '#platform/http/asker';
import { KeyRing } from '#platform/keys/key-ring';
import { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';
import { rateLimited } from '#platform/problems/rate-limited';
import { SessionTokens } from '#platform/tokens/session-tokens';

import { LetterSender } from '../letters/letter-sender.ts';
import { IssueSession } from './issue-session.ts';
import { RefreshLimit } from './refresh-limit.ts';
import type { TokenResponse } from './token-response.dto.ts';

/** POST /v1/sessions/refresh: the next tokens of a session. A token that was followed, and is shown again, ends it. */
@Injectable()
export class RefreshSession {
  readonly #outcomes;

  constructor(
    private readonly config: Config,
    private readonly db: Database,
    private readonly keys: KeyRing,
    private readonly tokens: SessionTokens,
    private readonly limit: RefreshLimit,
    private readonly issueSession: IssueSession,
    private readonly sender: LetterSender,
    metrics: Metrics,
  ) {
    this.#outcomes = metrics.counter('troth_refreshes_total', 'Refreshes by outcome', ['outcome']);
  }

  async run(refreshToken: string, asker: Asker): Promise<Required<TokenResponse>> {
    const claims = this.tokens.openRefreshToken(refreshToken);
    if (!claims) throw new Problem('invalid-refresh-token', { reason: 'no_token_of_ours' });
    const wait = this.limit.count(claims.sid);
    if (wait > 0) throw this.#tooOften(wait);
    const refresh = await refreshSession(this.db.sql, claims.sid, claims.gen, this.config.refreshGraceSeconds);
    this.#outcomes.inc({ outcome: refresh.outcome });
    switch (refresh.outcome) {
      case 'rotated':
      case 'repeated':
        return this.issueSession.renew(refresh.session, refresh.at);
      case 'reused':
        await this.#endReused(refresh.sessionId, refresh.owner, asker);
        throw new Problem('session-revoked', { reason: 'token_reused' });
      case 'over':
        throw new Problem('session-revoked', { reason: 'session_over' });
    }
  }

  #tooOften(seconds: number): Problem {
    this.#outcomes.inc({ outcome: 'over_limit' });
    return rateLimited('refreshes-of-a-session', 'This session was refreshed too often.', seconds);
  }

  async #endReused(sessionId: string, { email, locale, wrappedKey }: SessionOwner, asker: Asker): Promise<void> {
    const ended = await endReusedSession(this.db.sql, sessionId, {
      requestId: asker.requestId,
      sealedDetails: this.keys.sealAuditDetails(wrappedKey, { source: asker.source }) ?? null,
      addressKey: email === null ? null : this.keys.addressKey(email),
      envelope: email === null ? null : this.keys.sealEnvelope({ email, locale }),
    });
    if (ended) this.sender.wake();
  }
}
