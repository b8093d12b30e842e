import { Injectable } from '@nestjs/common';

import { register, type RegistrationOutcome } from '#data/claim';
import { Database } from '#data/database';
import { parseEmail } from '#domain/email';
import { Config } from '#platform/config/config';
import type { Asker } from '#platform/http/asker';
import { PasswordRules } from '#platform/hashing/password-rules';
import { Passwords } from '#platform/hashing/passwords';
import { KeyRing } from '#platform/keys/key-ring';
import { Metrics } from '#platform/metrics/metrics';
import { Problem, type FieldFault } from '#platform/problems/problem';

import { LetterSender } from '../letters/letter-sender.ts';
import type { RegisterDto } from './register.dto.ts';

/** POST /v1/registrations: claims an address. Whether it is known shows neither in the answer nor in its time. */
@Injectable()
export class Register {
  readonly #outcomes;

  constructor(
    private readonly config: Config,
    private readonly db: Database,
    private readonly passwords: Passwords,
    private readonly rules: PasswordRules,
    private readonly keys: KeyRing,
    private readonly sender: LetterSender,
    metrics: Metrics,
  ) {
    this.#outcomes = metrics.counter('troth_registrations_total', 'Registrations by outcome', ['outcome']);
  }

  async run(dto: RegisterDto, asker: Asker, idempotencyKey?: string): Promise<void> {
    const email = await this.#judge(dto);
    const addressKey = this.keys.addressKey(email);
    const phc = await this.passwords.hash(dto.password);
    const outcome = await register(this.db.sql, {
      email,
      addressKey,
      phc,
      username: dto.username ?? null,
      locale: dto.locale ?? null,
      ownerTokenDay: this.keys.ownerTokenDay(dto.owner_token ?? undefined, addressKey) ?? null,
      claimSeconds: this.config.claimSeconds,
      strict: this.config.securityProfile === 'strict',
      keyId: this.keys.currentKeyId,
      ...this.keys.sealNewSubject({ email, source: asker.source }),
      envelope: this.keys.sealEnvelope({ email, locale: dto.locale ?? null }),
      requestId: asker.requestId,
      // Password and owner token are left out: nothing that is kept may help to guess them.
      ...this.keys.idempotency(
        idempotencyKey,
        [asker.source, 'POST', '/v1/registrations'],
        [email, dto.username ?? null, dto.locale ?? null],
      ),
    });
    this.#conclude(outcome);
  }

  async #judge(dto: RegisterDto): Promise<string> {
    const email = parseEmail(dto.email);
    const fault = await this.rules.faultOf(dto.password, dto.email, '/password');
    const errors: FieldFault[] = [];
    if (email === undefined)
      errors.push({
        pointer: '/email',
        code: 'email',
        detail: 'This is no e-mail address that a letter can be sent to.',
      });
    if (fault !== undefined) errors.push(fault);
    if (email === undefined || fault !== undefined) throw new Problem('validation-failed', { errors });
    return email;
  }

  #conclude(outcome: RegistrationOutcome): void {
    this.#outcomes.inc({ outcome });
    // Woken whether or not a letter was written, so that the waking tells nothing.
    this.sender.wake();
    if (outcome === 'conflict') throw new Problem('idempotency-conflict');
  }
}
