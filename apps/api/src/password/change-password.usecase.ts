import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { changePassword, findPasswordRecipe, type PasswordChanged } from '#data/password';
import type { LiveSession } from '#data/session';
import { forItsAddress, type Settled } from '#data/settled-address';
import type { Asker } from '#platform/http/asker';
import { bearerProblem } from '#platform/http/bearer';
import { PasswordRules } from '#platform/hashing/password-rules';
import { Passwords } from '#platform/hashing/passwords';
import { KeyRing } from '#platform/keys/key-ring';
import { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';
import { rateLimited } from '#platform/problems/rate-limited';

import { LetterSender } from '../letters/letter-sender.ts';
import type { ChangePasswordDto } from './change-password.dto.ts';
import { TokenBearers } from './token-bearers.ts';

/** PUT /v1/me/password: a new password for the user of a session, which alone of all stays. */
@Injectable()
export class ChangePassword {
  readonly #outcomes;

  constructor(
    private readonly db: Database,
    private readonly bearers: TokenBearers,
    private readonly rules: PasswordRules,
    private readonly passwords: Passwords,
    private readonly keys: KeyRing,
    private readonly sender: LetterSender,
    metrics: Metrics,
  ) {
    this.#outcomes = metrics.counter('troth_password_changes_total', 'Changes of a password by outcome', ['outcome']);
  }

  async run(session: LiveSession, dto: ChangePasswordDto, asker: Asker): Promise<void> {
    const fault = await this.rules.faultOf(dto.new_password, session.email ?? '', '/new_password');
    if (fault) throw new Problem('validation-failed', { errors: [fault] });
    const { accountId, sessionId } = session;
    const change = {
      accountId,
      sessionId,
      currentPhc: await this.#presented(accountId, dto.current_password),
      phc: await this.passwords.hash(dto.new_password),
      // The budget of re-authentication: the password of an account is guessed here as well as there.
      budget: this.keys.budgetKey('reauthentication', accountId, sessionId),
    };
    const changed = await forItsAddress(this.db.sql, session, (now) =>
      changePassword(this.db.sql, { ...change, email: now.email, ...this.bearers.act(now, asker) }),
    );
    this.#conclude(changed);
  }

  async #presented(accountId: string, password: string | null | undefined): Promise<string | null> {
    if (typeof password !== 'string') return null;
    const recipe = await findPasswordRecipe(this.db.sql, accountId);
    const standIn = (): string => this.passwords.standInRecipe(this.keys.standIn('recipe', accountId));
    return this.passwords.hashWith(password, recipe ?? standIn());
  }

  #conclude({ outcome, retryAfter }: Settled<PasswordChanged>): void {
    this.#outcomes.inc({ outcome });
    switch (outcome) {
      case 'changed':
        this.sender.wake();
        return;
      case 'wrong_password':
        throw new Problem('invalid-credentials', { reason: outcome });
      case 'session_over':
        throw bearerProblem('session-revoked', outcome, 'invalid_token');
      case 'over_limit':
        throw rateLimited('failed-passwords', 'Too many wrong passwords.', retryAfter ?? 1);
    }
  }
}
