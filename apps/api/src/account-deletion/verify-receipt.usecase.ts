import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { commitmentIsAbsent } from '#data/deletion';
import { Problem } from '#platform/problems/problem';
import { DeletionReceipts } from '#platform/tokens/deletion-receipts';

import type { VerifiedReceipt } from './verify-receipt.dto.ts';

/** POST /v1/deletion-receipts/verify: whether a receipt is ours, and whether what it says still holds. */
@Injectable()
export class VerifyReceipt {
  constructor(
    private readonly db: Database,
    private readonly receipts: DeletionReceipts,
  ) {}

  async run(text: string): Promise<VerifiedReceipt> {
    const opened = this.receipts.open(text);
    if (opened.kind === 'malformed')
      throw new Problem('malformed-request', { reason: 'no_receipt', detail: 'This is no deletion receipt.' });
    // What a forged receipt says about an account is nobody's business.
    if (opened.kind === 'forged') return { valid: false, account_absent: false };
    return { valid: true, account_absent: await commitmentIsAbsent(this.db.sql, opened.commitment) };
  }
}
