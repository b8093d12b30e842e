import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { findTokenSession, type TokenSession } from '#data/introspection';
import { Config } from '#platform/config/config';
import { AccessTokens, type AccessClaims } from '#platform/tokens/access-tokens';
import { SessionTokens, type RefreshClaims } from '#platform/tokens/session-tokens';
import { numericDate } from '#platform/tokens/token-text';

import type { IntrospectionResponse } from './introspection.dto.ts';

const INACTIVE: IntrospectionResponse = { active: false };

/** POST /v1/oauth/introspect: what a token is good for, by the database's clock and rows. Being asked is no use of it. */
@Injectable()
export class Introspect {
  constructor(
    private readonly config: Config,
    private readonly db: Database,
    private readonly access: AccessTokens,
    private readonly tokens: SessionTokens,
  ) {}

  async run(token: string): Promise<IntrospectionResponse> {
    const refresh = this.tokens.openRefreshToken(token);
    if (refresh) return this.#refreshToken(refresh, await findTokenSession(this.db.sql, refresh.sid));
    const access = await this.access.verify(token);
    return access ? this.#accessToken(access, await findTokenSession(this.db.sql, access.sid)) : INACTIVE;
  }

  #accessToken(claims: AccessClaims, session: TokenSession | undefined): IntrospectionResponse {
    if (session?.accountId !== claims.sub || session.at >= claims.exp) return INACTIVE;
    return {
      ...this.#of(session, this.config.accessTokenAudience),
      token_type: 'Bearer',
      iat: claims.iat,
      exp: claims.exp,
      auth_time: claims.auth_time,
      amr: [...claims.amr],
    };
  }

  #refreshToken({ gen }: RefreshClaims, session: TokenSession | undefined): IntrospectionResponse {
    if (session?.generation !== gen) return INACTIVE;
    const exp = numericDate(session.refreshUntil);
    if (session.at >= exp) return INACTIVE;
    return {
      ...this.#of(session, this.config.publicUrl),
      token_type: 'refresh_token',
      iat: numericDate(session.issuedAt),
      exp,
      auth_time: numericDate(session.authenticatedAt),
      amr: [...session.amr],
    };
  }

  #of({ accountId, sessionId, roles }: TokenSession, aud: string) {
    return { active: true, sub: accountId, sid: sessionId, iss: this.config.publicUrl, aud, roles: [...roles] };
  }
}
