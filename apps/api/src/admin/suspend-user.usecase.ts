import { Injectable } from '@nestjs/common';

import { suspendAccount } from '#data/admin';
import { Database } from '#data/database';
import type { LiveSession } from '#data/session';
import type { Asker } from '#platform/http/asker';
import { KeyRing } from '#platform/keys/key-ring';
import { Problem } from '#platform/problems/problem';

import { Administrators } from './administrators.ts';
import type { SuspendUserDto } from './reason.dto.ts';

/** POST /v1/admin/users/{id}/suspension: the account opens nothing from now on, on any replica. */
@Injectable()
export class SuspendUser {
  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
    private readonly administrators: Administrators,
  ) {}

  async run(
    session: LiveSession,
    userId: string,
    { reason }: SuspendUserDto,
    asker: Asker,
    idempotencyKey?: string,
  ): Promise<void> {
    const act = await this.administrators.act(session, asker, userId, { reason });
    const route = '/v1/admin/users/{id}/suspension';
    const key = this.keys.idempotency(idempotencyKey, [session.accountId, 'POST', route], [act.accountId, reason]);
    const outcome = await suspendAccount(this.db.sql, { ...act, ...key });
    this.administrators.count('suspend', outcome);
    if (outcome === 'conflict') throw new Problem('idempotency-conflict');
  }
}
