import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { findPasswordRecipe } from '#data/password';
import { reauthenticate } from '#data/reauthentication';
import { Passwords } from '#platform/hashing/passwords';
import { bearerProblem, type PresentedSession } from '#platform/http/bearer';
import { KeyRing } from '#platform/keys/key-ring';
import { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';
import { rateLimited } from '#platform/problems/rate-limited';

import { IssueSession } from './issue-session.ts';
import type { ReauthenticateDto } from './reauthenticate.dto.ts';
import type { AccessToken } from './token-response.dto.ts';

/** POST /v1/sessions/current/reauthentication: the user shows the password again, for what asks for it (RFC 9470). */
@Injectable()
export class Reauthenticate {
  readonly #outcomes;

  constructor(
    private readonly db: Database,
    private readonly passwords: Passwords,
    private readonly keys: KeyRing,
    private readonly issueSession: IssueSession,
    metrics: Metrics,
  ) {
    this.#outcomes = metrics.counter('troth_reauthentications_total', 'Reauthentications by outcome', ['outcome']);
  }

  async run(
    { accountId, sessionId, tokenGeneration }: PresentedSession,
    { password }: ReauthenticateDto,
  ): Promise<Required<AccessToken>> {
    const recipe = await findPasswordRecipe(this.db.sql, accountId);
    const standIn = (): string => this.passwords.standInRecipe(this.keys.standIn('recipe', accountId));
    const judged = await reauthenticate(this.db.sql, {
      accountId,
      sessionId,
      phc: await this.passwords.hashWith(password, recipe ?? standIn()),
      budget: this.keys.budgetKey('reauthentication', accountId, sessionId),
    });
    this.#outcomes.inc({ outcome: judged.outcome });
    switch (judged.outcome) {
      case 'reauthenticated':
        // The answer to a refresh may have been lost. A token of the present generation would say that it was not.
        return this.issueSession.accessToken({ ...judged.session, generation: tokenGeneration }, judged.at);
      case 'over_limit':
        throw rateLimited('failed-reauthentications', 'Too many wrong passwords.', judged.retryAfter);
      case 'over':
        throw bearerProblem('session-revoked', 'session_over', 'invalid_token');
      case 'wrong_password':
        throw new Problem('invalid-credentials', { reason: 'wrong_password' });
    }
  }
}
