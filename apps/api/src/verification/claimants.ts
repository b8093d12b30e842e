import { Injectable } from '@nestjs/common';

import { findClaimant } from '#data/claim';
import { Database } from '#data/database';
import { CODE_LENGTH } from '#domain/code';
import { parseEmail } from '#domain/email';
import type { Credentials } from '#platform/http/basic';
import { Passwords } from '#platform/hashing/passwords';
import { KeyRing } from '#platform/keys/key-ring';

/** Someone who says that a claim is theirs. Whether the password is right, only the database can tell. */
export interface PresentedClaim {
  readonly email: string;
  readonly addressKey: Uint8Array;
  readonly claimId: string;
  readonly keyId: string;
  readonly codeLength: number;
  /** The presented password under the recipe of the stored one. */
  readonly phc: string;
  /** Language tag for the letters. */
  readonly locale: string | null;
  /** The wrapped key of the claim's audit details. */
  readonly wrappedKey: Uint8Array;
}

/** Finds the claim that credentials speak of. An unknown address takes the same road with values that fit nothing. */
@Injectable()
export class Claimants {
  constructor(
    private readonly db: Database,
    private readonly passwords: Passwords,
    private readonly keys: KeyRing,
  ) {}

  /** One statement and one Argon2id operation, whoever the address is. */
  async present({ email: text, password }: Credentials): Promise<PresentedClaim> {
    const email = parseEmail(text) ?? text;
    const claimant = await findClaimant(this.db.sql, email);
    const standInRecipe = this.passwords.standInRecipe(this.keys.standIn('recipe', email));
    const phc = await this.passwords.hashWith(password, claimant?.recipe ?? standInRecipe);
    return {
      email,
      addressKey: this.keys.addressKey(email),
      claimId: claimant?.claimId ?? this.keys.standInId('claim', email),
      keyId: claimant?.keyId ?? this.keys.currentKeyId,
      codeLength: claimant?.codeLength ?? CODE_LENGTH.short,
      phc,
      locale: claimant?.locale ?? null,
      wrappedKey: claimant?.wrappedKey ?? this.keys.wrapNewSubjectKey(),
    };
  }
}
