import { Injectable } from '@nestjs/common';

import { resendCode } from '#data/claim';
import { Database } from '#data/database';
import { Config } from '#platform/config/config';
import type { Credentials } from '#platform/http/basic';
import { KeyRing } from '#platform/keys/key-ring';
import { Metrics } from '#platform/metrics/metrics';

import { LetterSender } from '../letters/letter-sender.ts';
import { Claimants } from './claimants.ts';

/** POST /v1/registrations/resend: the same code again, for a letter that got lost. Every outcome is answered alike. */
@Injectable()
export class ResendCode {
  readonly #outcomes;

  constructor(
    private readonly config: Config,
    private readonly db: Database,
    private readonly keys: KeyRing,
    private readonly claimants: Claimants,
    private readonly sender: LetterSender,
    metrics: Metrics,
  ) {
    this.#outcomes = metrics.counter('troth_resends_total', 'Resends by outcome', ['outcome']);
  }

  async run(credentials: Credentials): Promise<void> {
    const { email, addressKey, claimId, phc, locale } = await this.claimants.present(credentials);
    const outcome = await resendCode(this.db.sql, {
      email,
      addressKey,
      claimId,
      phc,
      envelope: this.keys.sealEnvelope({ email, locale }),
      claimSeconds: this.config.claimSeconds,
      resends: this.config.claimResends,
      gapSeconds: this.config.claimResendGapSeconds,
    });
    this.#outcomes.inc({ outcome });
    this.sender.wake();
  }
}
