import { Injectable } from '@nestjs/common';

import { reinstateAccount } from '#data/admin';
import { Database } from '#data/database';
import type { LiveSession } from '#data/session';
import type { Asker } from '#platform/http/asker';
import { Problem } from '#platform/problems/problem';

import { Administrators } from './administrators.ts';
import { type OptionalReasonDto, reasonOf } from './reason.dto.ts';

/** DELETE /v1/admin/users/{id}/suspension: the user may log in again. */
@Injectable()
export class ReinstateUser {
  constructor(
    private readonly db: Database,
    private readonly administrators: Administrators,
  ) {}

  async run(session: LiveSession, userId: string, dto: OptionalReasonDto, asker: Asker): Promise<void> {
    const act = await this.administrators.act(session, asker, userId, reasonOf(dto));
    const outcome = await reinstateAccount(this.db.sql, act);
    this.administrators.count('reinstate', outcome);
    if (outcome === 'not_suspended') throw new Problem('not-found', { reason: outcome });
  }
}
