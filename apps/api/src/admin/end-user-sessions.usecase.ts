import { Injectable } from '@nestjs/common';

import { endUserSessions } from '#data/admin';
import { Database } from '#data/database';
import type { LiveSession } from '#data/session';
import type { Asker } from '#platform/http/asker';

import { Administrators } from './administrators.ts';
import { type OptionalReasonDto, reasonOf } from './reason.dto.ts';

/** DELETE /v1/admin/users/{id}/sessions: the user has to log in again, everywhere. */
@Injectable()
export class EndUserSessions {
  constructor(
    private readonly db: Database,
    private readonly administrators: Administrators,
  ) {}

  async run(session: LiveSession, userId: string, dto: OptionalReasonDto, asker: Asker): Promise<void> {
    const act = await this.administrators.act(session, asker, userId, reasonOf(dto));
    this.administrators.count('end_sessions', await endUserSessions(this.db.sql, act));
  }
}
