import { Injectable } from '@nestjs/common';

import { findTokenAccount, type AccountAct, type TokenAccount } from '#data/account-token';
import { Database } from '#data/database';
import type { AccountTokenPurpose } from '#domain/account-token';
import type { Asker } from '#platform/http/asker';
import { readAccountToken } from '#platform/keys/account-token';
import { KeyRing } from '#platform/keys/key-ring';
import { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';

/** Somebody who opened a link in a letter. That its token is still good is for the statement that takes it to say. */
export interface TokenBearer extends TokenAccount {
  readonly tokenId: string;
}

/** Whoever an act on an account writes to, and what of them is sealed. */
export type Recipient = Pick<TokenAccount, 'email' | 'locale' | 'wrappedKey'>;

/** Finds the account that the token of a link speaks of, at the cost of one statement at most. */
@Injectable()
export class TokenBearers {
  readonly #links;

  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
    metrics: Metrics,
  ) {
    this.#links = metrics.counter('troth_links_total', 'Tokens of links by purpose and outcome', [
      'purpose',
      'outcome',
    ]);
  }

  /** Throws Problem `invalid-token` for a text that is no token of this purpose, or one that was used, followed or too old. */
  async find(purpose: AccountTokenPurpose, text: string): Promise<TokenBearer> {
    const token = readAccountToken(text);
    if (!token) throw this.#refuse(purpose, 'malformed');
    const account = await findTokenAccount(this.db.sql, token.tokenId, purpose);
    if (!account) throw this.#refuse(purpose, 'over');
    if (!this.keys.accountTokenIsRight(purpose, token, account.accountId)) throw this.#refuse(purpose, 'forged');
    this.#links.inc({ purpose, outcome: 'good' });
    return { ...account, tokenId: token.tokenId };
  }

  #refuse(purpose: AccountTokenPurpose, outcome: string): Problem {
    this.#links.inc({ purpose, outcome });
    return new Problem('invalid-token', { reason: outcome });
  }

  /** What is written with an act on the account. */
  act({ email, locale, wrappedKey }: Recipient, { source, requestId }: Asker): AccountAct {
    return {
      requestId,
      sealedDetails: this.keys.sealAuditDetails(wrappedKey, { source }) ?? null,
      addressKey: email === null ? null : this.keys.addressKey(email),
      envelope: email === null ? null : this.keys.sealEnvelope({ email, locale }),
    };
  }
}
