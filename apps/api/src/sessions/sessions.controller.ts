import { Body, Controller, Delete, Get, HttpCode, Param, ParseUUIDPipe, Post, Query } from '@nestjs/common';
import { ApiBody, ApiTags } from '@nestjs/swagger';

import { Database } from '#data/database';
import { listSessions, type LiveSession } from '#data/session';
import { AskedBy, type Asker } from '#platform/http/asker';
import { Session, type PresentedSession } from '#platform/http/bearer';
import { HashesPassword } from '#platform/http/frame-rules';
import { Problems } from '#platform/http/problems';
import { Public } from '#platform/http/public';
import { Cookies, TokenCookies } from '#platform/http/token-cookies';
import { TokenTransport, Transported } from '#platform/http/token-transport';
import { SourceLimit } from '#platform/limits/source-limit';
import { Problem } from '#platform/problems/problem';

import { EndSessions } from './end-sessions.usecase.ts';
import { LogInDto } from './log-in.dto.ts';
import { LogIn } from './log-in.usecase.ts';
import { ReauthenticateDto } from './reauthenticate.dto.ts';
import { Reauthenticate } from './reauthenticate.usecase.ts';
import { RefreshSessionDto } from './refresh-session.dto.ts';
import { RefreshSession } from './refresh-session.usecase.ts';
import { EndSessionsQuery, SessionList } from './session-list.dto.ts';
import { AccessToken, LoginResponse, TokenResponse } from './token-response.dto.ts';

const sessionId = new ParseUUIDPipe({ exceptionFactory: () => new Problem('not-found', { reason: 'no_uuid' }) });

/** Log-in, what follows from it, and its end. */
@ApiTags('sessions')
@Controller('v1/sessions')
export class SessionsController {
  constructor(
    private readonly db: Database,
    private readonly login: LogIn,
    private readonly refreshing: RefreshSession,
    private readonly reauthentication: Reauthenticate,
    private readonly ending: EndSessions,
  ) {}

  /** Logs in with a password. The answer is the same for every reason of refusal, and takes as long. */
  @Post()
  @Public()
  @SourceLimit('sessions')
  @HashesPassword()
  @Problems('invalid-credentials', 'account-suspended')
  async logIn(
    @Body() dto: LogInDto,
    @AskedBy() asker: Asker,
    @Transported() transport: TokenTransport,
  ): Promise<LoginResponse> {
    dto.device_token ??= transport.deviceToken ?? null;
    return transport.answer(await this.login.run(dto, asker));
  }

  /** The next tokens of a session. Repeated within ten seconds, or when the answer was lost, it answers the same refresh token. */
  @Post('refresh')
  @Public()
  @HttpCode(200)
  @SourceLimit('refresh')
  @Problems('invalid-refresh-token', 'session-revoked')
  @ApiBody({ type: RefreshSessionDto, required: false })
  async refresh(
    @Body() dto: RefreshSessionDto,
    @AskedBy() asker: Asker,
    @Transported() transport: TokenTransport,
  ): Promise<TokenResponse> {
    return transport.answer(await this.refreshing.run(transport.refreshToken(dto.refresh_token), asker));
  }

  /** The password again, for what asks for a recent one. Answers an access token of the same session. */
  @Post('current/reauthentication')
  @HttpCode(200)
  @SourceLimit('reauthentication')
  @HashesPassword()
  @Problems('invalid-credentials')
  async reauthenticate(
    @Session() session: PresentedSession,
    @Body() dto: ReauthenticateDto,
    @Transported() transport: TokenTransport,
  ): Promise<AccessToken> {
    return transport.answer(await this.reauthentication.run(session, dto));
  }

  /** The user's sessions, the one that was used last first. */
  @Get()
  @Problems()
  async list(@Session() { accountId, sessionId: current }: LiveSession): Promise<SessionList> {
    const sessions = await listSessions(this.db.sql, accountId);
    return {
      data: sessions.map(({ sessionId: id, deviceName, createdAt, lastSeenAt, endsAt }) => ({
        id,
        device_name: deviceName,
        created_at: createdAt.toISOString(),
        last_seen_at: lastSeenAt.toISOString(),
        expires_at: endsAt.toISOString(),
        current: id === current,
      })),
    };
  }

  /** Ends all sessions of the user, or all but this one. */
  @Delete()
  @HttpCode(204)
  @SourceLimit('session-ends')
  @Problems('validation-failed')
  async endAll(
    @Session() session: LiveSession,
    @Query() { except }: EndSessionsQuery,
    @AskedBy() asker: Asker,
    @Cookies() cookies: TokenCookies,
  ): Promise<void> {
    await this.ending.all(session, except === 'current', asker);
    if (except !== 'current') cookies.forget();
  }

  /** Logs out: ends the session that asks. */
  @Delete('current')
  @HttpCode(204)
  @SourceLimit('session-ends')
  @Problems()
  async endCurrent(
    @Session() session: LiveSession,
    @AskedBy() asker: Asker,
    @Cookies() cookies: TokenCookies,
  ): Promise<void> {
    await this.ending.one(session, session.sessionId, asker);
    cookies.forget();
  }

  /** Ends one session of the user. */
  @Delete(':id')
  @HttpCode(204)
  @SourceLimit('session-ends')
  @Problems('not-found')
  async endOne(
    @Session() session: LiveSession,
    @Param('id', sessionId) id: string,
    @AskedBy() asker: Asker,
    @Cookies() cookies: TokenCookies,
  ): Promise<void> {
    await this.ending.one(session, id, asker);
    if (id.toLowerCase() === session.sessionId) cookies.forget();
  }
}
