import { Injectable } from '@nestjs/common';

import type { LiveSession } from '#data/session';
import type { Asker } from '#platform/http/asker';

import { EraseAccount } from '../account-deletion/erase-account.usecase.ts';
import { type ErasureReceipt, receiptOf } from '../account-deletion/erasure.dto.ts';
import { Administrators } from './administrators.ts';

/** DELETE /v1/admin/users/{id}: an account is erased as by its user, who is mailed what the administrator is not told. */
@Injectable()
export class EraseUser {
  constructor(
    private readonly administrators: Administrators,
    private readonly eraseAccount: EraseAccount,
  ) {}

  async run(session: LiveSession, userId: string, asker: Asker): Promise<ErasureReceipt> {
    const accountId = this.administrators.userId(userId);
    return receiptOf(await this.eraseAccount.run(accountId, { administrator: session }, asker));
  }
}
