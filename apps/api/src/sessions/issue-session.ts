import { randomBytes } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import type { OpenedSession } from '#data/session';
import { AccessTokens } from '#platform/tokens/access-tokens';
import { SessionTokens } from '#platform/tokens/session-tokens';

import type { AccessToken, LoginResponse, TokenResponse } from './token-response.dto.ts';

/** A session that has just been opened, and the device it is on. */
export interface OpenedOnDevice extends OpenedSession {
  readonly deviceVersion: number;
}

/**
 * The one door of sessions, whatever was proven before it: SQL's `open_session` alone makes one, with suspension, limits
 * and audit, and here its tokens are made.
 */
@Injectable()
export class IssueSession {
  constructor(
    private readonly access: AccessTokens,
    private readonly tokens: SessionTokens,
  ) {}

  /** The answer to a log-in. `deviceId` names the device if it has logged in before. */
  run(session: OpenedOnDevice, deviceId?: string): Required<LoginResponse> {
    const did = deviceId ?? randomBytes(16).toString('base64url');
    const device = { sub: session.accountId, did, ver: session.deviceVersion };
    return Object.assign(this.renew(session), { device_token: this.tokens.deviceToken(device, session.issuedAt) });
  }

  /** The tokens of the session's present generation; the access token is good from `at` on. */
  renew(session: OpenedSession, at = session.issuedAt): Required<TokenResponse> {
    return {
      ...this.accessToken(session, at),
      refresh_token: this.tokens.refreshToken(session),
      refresh_expires_in: Math.max(0, Math.floor((session.refreshUntil.getTime() - at.getTime()) / 1_000)),
      session_id: session.sessionId,
    };
  }

  /** An access token of the generation that the session is given with, good from `at` on. */
  accessToken(session: OpenedSession, at: Date): Required<AccessToken> {
    return {
      access_token: this.access.sign(session, { at, authenticatedAt: session.authenticatedAt }),
      token_type: 'Bearer',
      expires_in: this.access.seconds,
    };
  }
}
