import { Injectable } from '@nestjs/common';

import { activateClaim } from '#data/claim';
import { Database } from '#data/database';
import type { Asker } from '#platform/http/asker';
import type { Credentials } from '#platform/http/basic';
import { KeyRing } from '#platform/keys/key-ring';
import { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';

import { userOf, type User } from '../profile/user.dto.ts';
import { IssueSession } from '../sessions/issue-session.ts';
import type { LoginResponse } from '../sessions/token-response.dto.ts';
import type { ActivateDto } from './activate.dto.ts';
import { Claimants } from './claimants.ts';

/** The claim became an account, and a session was opened if that was asked for. */
export interface Activation {
  readonly user: User;
  readonly session?: Required<LoginResponse>;
}

/** POST /v1/registrations/activation: password and code of one claim make it an account (truths 3, 4, 8, 11). */
@Injectable()
export class Activate {
  readonly #outcomes;

  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
    private readonly claimants: Claimants,
    private readonly issueSession: IssueSession,
    metrics: Metrics,
  ) {
    this.#outcomes = metrics.counter('troth_activations_total', 'Activations by outcome', ['outcome']);
  }

  async run(credentials: Credentials, dto: ActivateDto, { source, requestId }: Asker): Promise<Activation> {
    const claim = await this.claimants.present(credentials);
    const { email, addressKey, claimId, keyId, codeLength, phc, wrappedKey } = claim;
    // One statement, outside any transaction: an error thrown afterwards must not give the strike back.
    const { outcome, account, session } = await activateClaim(this.db.sql, {
      email,
      addressKey,
      claimId,
      phc,
      codeIsRight: this.keys.codeIsRight(dto.code, claimId, email, codeLength, keyId),
      requestId,
      sealedDetails: this.keys.sealAuditDetails(wrappedKey, { email, source, ...namedDevice(dto) }) ?? null,
      createsSession: dto.create_session ?? false,
      deviceName: dto.device_name ?? null,
    });
    this.#outcomes.inc({ outcome });
    if (!account) throw new Problem('activation-failed', { reason: outcome });
    const user = userOf(email, account);
    return session ? { user, session: this.issueSession.run(session) } : { user };
  }
}

/** The device of the session that is opened, as the user's activity shows it. */
function namedDevice({ create_session, device_name }: ActivateDto): { device_name?: string } {
  return create_session === true && typeof device_name === 'string' ? { device_name } : {};
}
