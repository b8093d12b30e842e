import { Injectable } from '@nestjs/common';

import { MIN_PASSWORD, passwordFault, type PasswordFault, type PasswordPolicy } from '#domain/password';
import { Config } from '#platform/config/config';
import type { FieldFault } from '#platform/problems/problem';

import { isCommonPassword } from './common-passwords.ts';

const DETAILS: Readonly<Record<PasswordFault, string>> = {
  'too-short': 'The password is too short.',
  'too-long': 'The password is longer than 256 characters.',
  'ill-formed': 'The password is not well-formed Unicode text, or holds control characters.',
  common: 'The password is one of the most common ones.',
  'is-the-address': 'The password is the e-mail address.',
};

/** Judges new passwords by the security profile, wherever one is set. */
@Injectable()
export class PasswordRules {
  readonly #policy: PasswordPolicy;

  constructor(config: Config) {
    this.#policy = { minLength: MIN_PASSWORD[config.securityProfile], isCommon: isCommonPassword };
  }

  /** What is wrong with a new password, told at its field; undefined: nothing. `email` is empty without an address. */
  faultOf(password: string, email: string, pointer: string): FieldFault | undefined {
    const code = passwordFault(password, email, this.#policy);
    return code && { pointer, code, detail: DETAILS[code] };
  }
}
