import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { revertEmailChange } from '#data/email-change';
import type { Asker } from '#platform/http/asker';
import { KeyRing } from '#platform/keys/key-ring';
import { Problem } from '#platform/problems/problem';

import { LetterSender } from '../letters/letter-sender.ts';
import { TokenBearers } from '../password/token-bearers.ts';

/** POST /v1/email-change/revert: the former address is back, whoever was in the account is out, and a reset is mailed. */
@Injectable()
export class RevertEmailChange {
  constructor(
    private readonly db: Database,
    private readonly bearers: TokenBearers,
    private readonly keys: KeyRing,
    private readonly sender: LetterSender,
  ) {}

  async run(token: string, { source, requestId }: Asker): Promise<void> {
    const bearer = await this.bearers.find('email_change_revert', token);
    const { accountId, tokenId, email: lost, locale, wrappedKey, sealedAddress } = bearer;
    const email = sealedAddress && this.keys.openAddress(wrappedKey, sealedAddress);
    if (!email) throw new Problem('invalid-token', { reason: 'unreadable' });
    const details = { email, source, ...(lost === null ? {} : { former_email: lost }) };
    const outcome = await revertEmailChange(this.db.sql, {
      accountId,
      tokenId,
      accountKey: this.keys.accountKey(accountId),
      email,
      addressKey: this.keys.addressKey(email),
      envelope: this.keys.sealEnvelope({ email, locale }),
      requestId,
      sealedDetails: this.keys.sealAuditDetails(wrappedKey, details) ?? null,
    });
    if (outcome !== 'reverted') throw new Problem('invalid-token', { reason: outcome });
    this.sender.wake();
  }
}
