import { Body, Controller, Delete, Get, HttpCode, Post } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { Database } from '#data/database';
import { findScheduledDeletion } from '#data/deletion';
import type { LiveSession } from '#data/session';
import { AskedBy, type Asker } from '#platform/http/asker';
import { Session, StepUp } from '#platform/http/bearer';
import { IdempotencyKey } from '#platform/http/idempotency-key';
import { Problems } from '#platform/http/problems';
import { RefusedWhileFrozen } from '#platform/http/unfrozen-guard';
import { Cookies, TokenCookies } from '#platform/http/token-cookies';
import { SourceLimit } from '#platform/limits/source-limit';
import { Problem } from '#platform/problems/problem';

import { CancelDeletion } from './cancel-deletion.usecase.ts';
import { EraseAccount } from './erase-account.usecase.ts';
import { OwnErasure, receiptOf } from './erasure.dto.ts';
import { ScheduledDeletion, ScheduleDeletionDto } from './schedule-deletion.dto.ts';
import { ScheduleDeletion } from './schedule-deletion.usecase.ts';

/** How users delete their own account. */
@ApiTags('deletion')
@Controller('v1/me')
export class OwnDeletionController {
  constructor(
    private readonly db: Database,
    private readonly erasing: EraseAccount,
    private readonly scheduling: ScheduleDeletion,
    private readonly cancelling: CancelDeletion,
  ) {}

  /** Erases the account at once and for good. Answers what went, what stays until when and why, and a receipt. */
  @Delete()
  @StepUp()
  @RefusedWhileFrozen()
  @HttpCode(200)
  @SourceLimit('account-deletion')
  @Problems('changes-frozen', 'last-admin')
  async eraseOwnAccount(
    @Session() session: LiveSession,
    @AskedBy() asker: Asker,
    @Cookies() cookies: TokenCookies,
  ): Promise<OwnErasure> {
    const erased = await this.erasing.run(session.accountId, { session }, asker);
    cookies.forget();
    return Object.assign(receiptOf(erased), { opening: erased.opening });
  }

  /** Erases the account some days later, unless that is taken back. */
  @Post('deletion')
  @StepUp()
  @RefusedWhileFrozen()
  @HttpCode(202)
  @SourceLimit('account-deletion')
  @Problems('changes-frozen', 'last-admin', 'deletion-scheduled', 'idempotency-conflict')
  async scheduleDeletion(
    @Session() session: LiveSession,
    @Body() { after_days }: ScheduleDeletionDto,
    @AskedBy() asker: Asker,
    @IdempotencyKey() idempotencyKey: string | undefined,
  ): Promise<ScheduledDeletion> {
    const effectiveAt = await this.scheduling.run(session, after_days, asker, idempotencyKey);
    return { effective_at: effectiveAt.toISOString() };
  }

  /** When the account is going to be erased; `not-found` when it is not. */
  @Get('deletion')
  @Problems('not-found')
  async findScheduledDeletion(@Session() { accountId }: LiveSession): Promise<ScheduledDeletion> {
    const effectiveAt = await findScheduledDeletion(this.db.sql, accountId);
    if (effectiveAt === null) throw new Problem('not-found', { reason: 'no_deletion_scheduled' });
    return { effective_at: effectiveAt.toISOString() };
  }

  /** Takes a deletion back that is to come. Answers the same when there is none. */
  @Delete('deletion')
  @HttpCode(204)
  @SourceLimit('account-deletion')
  @Problems()
  cancelDeletion(@Session() session: LiveSession, @AskedBy() asker: Asker): Promise<void> {
    return this.cancelling.run(session, asker);
  }
}
