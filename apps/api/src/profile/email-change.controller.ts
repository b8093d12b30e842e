import { Body, Controller, Delete, HttpCode, Post, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import type { FastifyReply } from 'fastify';

import { Database } from '#data/database';
import { cancelEmailChange } from '#data/email-change';
import type { LiveSession } from '#data/session';
import { AskedBy, type Asker } from '#platform/http/asker';
import { bearerProblem, Session, StepUp } from '#platform/http/bearer';
import { revisionTag, Tagged } from '#platform/http/entity-tags';
import { Problems } from '#platform/http/problems';
import { RefusedWhileFrozen } from '#platform/http/unfrozen-guard';
import { SourceLimit } from '#platform/limits/source-limit';

import { ConfirmEmailChangeDto } from './confirm-email-change.dto.ts';
import { ConfirmEmailChange } from './confirm-email-change.usecase.ts';
import { EMAIL_CHANGE_REQUESTED, EmailChangeRequested, RequestEmailChangeDto } from './request-email-change.dto.ts';
import { RequestEmailChange } from './request-email-change.usecase.ts';
import { User, userOf } from './user.dto.ts';

/** Another address for the user. */
@ApiTags('profile')
@Controller('v1/me/email-change')
export class EmailChangeController {
  constructor(
    private readonly db: Database,
    private readonly request: RequestEmailChange,
    private readonly confirmation: ConfirmEmailChange,
  ) {}

  /** Mails a code to the new address, if nobody has it; the answer is the same for all. It takes the place of the request before. */
  @Post()
  @StepUp()
  @HttpCode(202)
  @RefusedWhileFrozen()
  @SourceLimit('email-changes')
  @Problems('changes-frozen')
  async requestEmailChange(
    @Session() session: LiveSession,
    @Body() { new_email: newEmail }: RequestEmailChangeDto,
    @AskedBy() asker: Asker,
  ): Promise<EmailChangeRequested> {
    await this.request.run(session, newEmail, asker);
    return EMAIL_CHANGE_REQUESTED;
  }

  /** Gives the user the new address. All other sessions end; the former address is told, and can take it back for seven days. */
  @Post('confirm')
  @HttpCode(200)
  @RefusedWhileFrozen()
  @SourceLimit('email-change-codes')
  @Problems('challenge-failed', 'changes-frozen')
  @Tagged()
  async confirmEmailChange(
    @Session() session: LiveSession,
    @Body() { code }: ConfirmEmailChangeDto,
    @AskedBy() asker: Asker,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<User> {
    const account = await this.confirmation.run(session, code, asker);
    reply.header('etag', revisionTag(account.accountId, account.revision));
    return userOf(account.email, account);
  }

  /** Forgets a change that waits for its code, if there is one. */
  @Delete()
  @HttpCode(204)
  @SourceLimit('email-change-codes')
  @Problems()
  async cancelEmailChange(@Session() { accountId, sessionId }: LiveSession): Promise<void> {
    if (!(await cancelEmailChange(this.db.sql, accountId, sessionId)))
      throw bearerProblem('session-revoked', 'session_over', 'invalid_token');
  }
}
