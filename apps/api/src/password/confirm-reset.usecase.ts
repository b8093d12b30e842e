import { Injectable } from '@nestjs/common';

import { resetPassword } from '#data/account-token';
import { Database } from '#data/database';
import type { Asker } from '#platform/http/asker';
import { PasswordRules } from '#platform/hashing/password-rules';
import { Passwords } from '#platform/hashing/passwords';
import { KeyRing } from '#platform/keys/key-ring';
import { Problem } from '#platform/problems/problem';

import { LetterSender } from '../letters/letter-sender.ts';
import type { ConfirmResetDto } from './confirm-reset.dto.ts';
import { TokenBearers } from './token-bearers.ts';

/** POST /v1/password-resets/confirm: a new password for whoever reads the mail of the account. It logs nobody in. */
@Injectable()
export class ConfirmReset {
  constructor(
    private readonly db: Database,
    private readonly bearers: TokenBearers,
    private readonly rules: PasswordRules,
    private readonly passwords: Passwords,
    private readonly keys: KeyRing,
    private readonly sender: LetterSender,
  ) {}

  async run(dto: ConfirmResetDto, asker: Asker): Promise<void> {
    // Before the hash: whoever has no token gets none made.
    const bearer = await this.bearers.find('password_reset', dto.token);
    const fault = await this.rules.faultOf(dto.new_password, bearer.email ?? '', '/new_password');
    if (fault) throw new Problem('validation-failed', { errors: [fault] });
    const phc = await this.passwords.hash(dto.new_password);
    const isReset = await resetPassword(this.db.sql, bearer.tokenId, {
      phc,
      ...this.keys.loginBudgets(bearer.email ?? bearer.accountId, asker.source),
      ...this.bearers.act(bearer, asker),
    });
    if (!isReset) throw new Problem('invalid-token', { reason: 'used_meanwhile' });
    this.sender.wake();
  }
}
