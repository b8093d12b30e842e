import { Injectable } from '@nestjs/common';

import { withdrawClaim } from '#data/claim';
import { Database } from '#data/database';
import type { Asker } from '#platform/http/asker';
import type { Credentials } from '#platform/http/basic';
import { Metrics } from '#platform/metrics/metrics';

import { Claimants } from './claimants.ts';

/** DELETE /v1/registrations: the claimant gives the address back. Every outcome is answered alike. */
@Injectable()
export class WithdrawClaim {
  readonly #outcomes;

  constructor(
    private readonly db: Database,
    private readonly claimants: Claimants,
    metrics: Metrics,
  ) {
    this.#outcomes = metrics.counter('troth_withdrawals_total', 'Withdrawals by outcome', ['outcome']);
  }

  async run(credentials: Credentials, { requestId }: Asker): Promise<void> {
    const { email, addressKey, claimId, phc } = await this.claimants.present(credentials);
    this.#outcomes.inc({ outcome: await withdrawClaim(this.db.sql, { email, addressKey, claimId, phc, requestId }) });
  }
}
