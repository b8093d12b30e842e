import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { findTokenSession } from '#data/introspection';
import { endSession } from '#data/session';
import type { Asker } from '#platform/http/asker';
import type { AuthenticatedClient } from '#platform/http/client';
import { KeyRing } from '#platform/keys/key-ring';
import { AccessTokens } from '#platform/tokens/access-tokens';
import { SessionTokens } from '#platform/tokens/session-tokens';

/**
 * POST /v1/oauth/revoke: ends the session of a token, also of one that has expired or been followed, since whoever shows
 * it wants the session to be over. Whatever else the text is, nothing happens (RFC 7009, 2.2).
 */
@Injectable()
export class Revoke {
  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
    private readonly access: AccessTokens,
    private readonly tokens: SessionTokens,
  ) {}

  async run(token: string, { clientId }: AuthenticatedClient, { source, requestId }: Asker): Promise<void> {
    const claims = this.tokens.openRefreshToken(token) ?? (await this.access.verify(token));
    const session = claims && (await findTokenSession(this.db.sql, claims.sid));
    if (!session) return;
    const sealedDetails = this.keys.sealAuditDetails(session.wrappedKey, { source, client: clientId }) ?? null;
    await endSession(this.db.sql, session.accountId, session.sessionId, { requestId, sealedDetails });
  }
}
