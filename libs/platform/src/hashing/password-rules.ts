import { Injectable } from '@nestjs/common';

import { MIN_PASSWORD, passwordFault, type PasswordFault, type PasswordPolicy } from '#domain/password';
import { Config } from '#platform/config/config';
import type { FieldFault } from '#platform/problems/problem';

import { BreachedPasswords } from './breached-passwords.ts';
import { isCommonPassword } from './common-passwords.ts';

const detailsFor = ({ minLength }: PasswordPolicy): Readonly<Record<PasswordFault, string>> => ({
  'too-short': `The password is too short: it has to have at least ${minLength} characters.`,
  'too-long': 'The password is longer than 256 characters.',
  'ill-formed': 'The password is not well-formed Unicode text, or holds control characters.',
  common: 'The password is one of the most common ones.',
  breached: 'The password is known from a breach of some service.',
  'is-the-address': 'The password is the e-mail address.',
});

/** Judges new passwords by the security profile, wherever one is set. */
@Injectable()
export class PasswordRules {
  readonly #policy: PasswordPolicy;

  constructor(
    config: Config,
    private readonly breached: BreachedPasswords,
  ) {
    this.#policy = { minLength: MIN_PASSWORD[config.securityProfile], isCommon: isCommonPassword };
  }

  /** What is wrong with a new password, told at its field; undefined: nothing. `email` is empty without an address. */
  async faultOf(password: string, email: string, pointer: string): Promise<FieldFault | undefined> {
    const code = passwordFault(password, email, this.#policy) ?? (await this.#breach(password));
    return code && { pointer, code, detail: detailsFor(this.#policy)[code] };
  }

  async #breach(password: string): Promise<PasswordFault | undefined> {
    return (await this.breached.has(password)) ? 'breached' : undefined;
  }
}
