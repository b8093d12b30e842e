import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import type { LiveSession } from '#data/session';
import { AskedBy, type Asker } from '#platform/http/asker';
import { AdminOnly, Session } from '#platform/http/bearer';
import { Problems } from '#platform/http/problems';
import { SourceLimit } from '#platform/limits/source-limit';

import { AuditChain } from '../audit/audit-chain.dto.ts';
import { VerifyAudit } from '../audit/verify-audit.usecase.ts';
import { AuditEventPage, AuditEventsQuery } from './audit-events.dto.ts';
import { ListAuditEvents } from './list-audit-events.usecase.ts';

/** The audit trail, for administrators. */
@ApiTags('administration')
@Controller('v1/admin/audit-events')
export class AuditEventsController {
  constructor(
    private readonly listing: ListAuditEvents,
    private readonly verification: VerifyAudit,
  ) {}

  /** Audit events, the newest first. Whoever's details are shown is told so. */
  @Get()
  @AdminOnly()
  @SourceLimit('admin')
  @Problems('validation-failed')
  listAuditEvents(
    @Session() session: LiveSession,
    @Query() query: AuditEventsQuery,
    @AskedBy() asker: Asker,
  ): Promise<AuditEventPage> {
    return this.listing.run(session, query, asker);
  }

  /** Whether the sealed audit events are as they were written: the newest part now, all of them by the last whole verification. */
  @Get('verify')
  @AdminOnly()
  @SourceLimit('admin')
  @Problems()
  verifyAuditEvents(@Session() _session: LiveSession): Promise<AuditChain> {
    return this.verification.run();
  }
}
