import { randomBytes, randomUUID } from 'node:crypto';

import { activateClaim, findClaimant, register, resendCode, withdrawClaim } from '#data/claim';
import type { Activation, Registration, RegistrationOutcome } from '#data/claim';

import type { TestDatabase } from './fresh-database.ts';

/** A stored password with this hash. */
export const phcOf = (hash: string): string => `$argon2id$v=19$m=19456,t=2,p=1$c2FsdHNhbHRzYWx0c2FsdA$${hash}`;
/** The password of every claim that says nothing else. */
const PHC = phcOf('aGFzaGhhc2g');
/** What tests know an address by in place of its HMAC. */
export const keyOf = (email: string): Uint8Array => Buffer.from(email);

/** A claim of the address, but for what `more` says. */
export function registration(email: string, more: Partial<Registration> = {}): Registration {
  return {
    email,
    addressKey: keyOf(email),
    phc: PHC,
    username: null,
    locale: null,
    ownerTokenDay: null,
    claimSeconds: 60,
    strict: false,
    keyId: 'k',
    wrappedKey: randomBytes(8),
    sealedDetails: null,
    envelope: randomBytes(8),
    requestId: 'r',
    idempotencyScope: null,
    fingerprint: null,
    ...more,
  };
}

/** The flows of an address, without what stands before the database. */
export class Claims {
  constructor(private readonly db: TestDatabase) {}

  register(email: string, more: Partial<Registration> = {}): Promise<RegistrationOutcome> {
    return register(this.db.sql, registration(email, more));
  }

  /** Registers; resolves to the id of the claim that the address has then. */
  async claim(email: string, more: Partial<Registration> = {}): Promise<string> {
    await this.register(email, more);
    return this.idOf(email);
  }

  /** When there is no claim: an id that no claim has. */
  async idOf(email: string): Promise<string> {
    return (await findClaimant(this.db.sql, email))?.claimId ?? randomUUID();
  }

  activate(email: string, claimId: string, codeIsRight = true, phc = PHC): Promise<Activation> {
    const of = { email, addressKey: keyOf(email), claimId, phc };
    return activateClaim(this.db.sql, {
      ...of,
      codeIsRight,
      requestId: 'r',
      sealedDetails: null,
      createsSession: false,
      deviceName: null,
    });
  }

  resend(email: string, claimId: string, { phc = PHC, gapSeconds = 0, resends = 3 } = {}): Promise<string> {
    const of = { email, addressKey: keyOf(email), claimId, phc, envelope: randomBytes(8) };
    return resendCode(this.db.sql, { ...of, claimSeconds: 60, resends, gapSeconds });
  }

  withdraw(email: string, claimId: string, phc = PHC): Promise<string> {
    return withdrawClaim(this.db.sql, { email, addressKey: keyOf(email), claimId, phc, requestId: 'r' });
  }

  /** The day it is, as owner tokens count days. */
  async today(): Promise<number> {
    const [row] = await this.db.owner<{ day: number }[]>`
      select floor(extract(epoch from clock_timestamp()) / 86400)::int as day`;
    return row?.day ?? Number.NaN;
  }
}
