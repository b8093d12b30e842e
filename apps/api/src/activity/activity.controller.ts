import { Controller, Get, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';

import { type ActivityEvent, listActivity } from '#data/activity';
import { Database } from '#data/database';
import type { LiveSession } from '#data/session';
import { Session } from '#platform/http/bearer';
import { PageQuery } from '#platform/http/page-query.dto';
import { pageAnswer, pageWanted } from '#platform/http/paging';
import { Problems } from '#platform/http/problems';
import { KeyRing } from '#platform/keys/key-ring';

import type { ActivityEntry } from './activity.dto.ts';
import { ActivityPage } from './activity.dto.ts';

/** What happened to the user's account. */
@ApiTags('profile')
@Controller('v1/me/activity')
export class ActivityController {
  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
  ) {}

  /** The security events of the user, the newest first: those of administrators among them. */
  @Get()
  @Problems('validation-failed')
  async listActivity(@Session() session: LiveSession, @Query() query: PageQuery): Promise<ActivityPage> {
    const page = await listActivity(this.db.sql, session.accountId, pageWanted(this.keys, 'activity', query));
    const shown = (event: ActivityEvent): ActivityEntry => this.#entry(event, session.wrappedKey);
    return pageAnswer(this.keys, 'activity', page, ({ eventId }) => eventId, shown);
  }

  // Where an administrator sits is not the user's to know.
  #entry({ eventId, event, occurredAt, by, sealedDetails }: ActivityEvent, wrappedKey: Uint8Array): ActivityEntry {
    const details = (sealedDetails && this.keys.openAuditDetails(wrappedKey, sealedDetails)) ?? {};
    return {
      id: eventId,
      event,
      occurred_at: occurredAt.toISOString(),
      by,
      source: by === 'administrator' ? null : (details.source ?? null),
      device_name: details.device_name ?? null,
      reason: details.reason ?? null,
    };
  }
}
