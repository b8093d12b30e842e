import type { Config } from '#platform/config/config';
import { CODE_LENGTH } from '#domain/code';
import { MAX_STRIKES } from '#domain/trust';

/** How long codes may be. */
export class CodeLengths {
  /** Digits, at least. */
  min_length!: number;
  /** Digits, at most. */
  max_length!: number;
}

/** What happens next; the same for every address. */
export class VerificationRequired {
  /** The code that was mailed has to be sent to the activation. */
  status!: 'verification_required';
  /** Seconds until the claim ends. */
  expires_in!: number;
  /** Wrong codes that end the claim. */
  max_attempts!: number;
  /** How often the code can be asked for again. */
  max_resends!: number;
  /** Seconds between two letters. */
  resend_after!: number;
  /** Digits of the code. */
  code!: CodeLengths;
}

/** The constant answer of a registration and of a resend. */
export function verificationRequired(config: Config): VerificationRequired {
  return {
    status: 'verification_required',
    expires_in: config.claimSeconds,
    max_attempts: MAX_STRIKES,
    max_resends: config.claimResends,
    resend_after: config.claimResendGapSeconds,
    code: {
      min_length: config.securityProfile === 'strict' ? CODE_LENGTH.long : CODE_LENGTH.short,
      max_length: CODE_LENGTH.long,
    },
  };
}
