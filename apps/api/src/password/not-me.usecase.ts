import { Injectable } from '@nestjs/common';

import { disownChange } from '#data/account-token';
import { Database } from '#data/database';
import type { Asker } from '#platform/http/asker';
import { Problem } from '#platform/problems/problem';

import { LetterSender } from '../letters/letter-sender.ts';
import { TokenBearers } from './token-bearers.ts';

/** POST /v1/security/not-me: whoever is in the account is put out, and its owner is mailed a way back. */
@Injectable()
export class NotMe {
  constructor(
    private readonly db: Database,
    private readonly bearers: TokenBearers,
    private readonly sender: LetterSender,
  ) {}

  async run(token: string, asker: Asker): Promise<void> {
    const bearer = await this.bearers.find('not_me', token);
    const isTaken = await disownChange(this.db.sql, bearer.tokenId, this.bearers.act(bearer, asker));
    if (!isTaken) throw new Problem('invalid-token', { reason: 'used_meanwhile' });
    this.sender.wake();
  }
}
