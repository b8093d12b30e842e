import { CODE_LENGTH } from '#domain/code';
import { LEDGER } from '#domain/ledger';
import { MAX_PASSWORD, MIN_PASSWORD } from '#domain/password';
import { ADDRESS_QUOTAS } from '#domain/quota';
import { MAX_STRIKES } from '#domain/trust';
import type { Config } from '#platform/config/config';
import { OWN_COST } from '#platform/hashing/passwords';

/** Codes and the claim they prove. */
export class CodeParameters {
  /** Digits, at least. */
  min_length!: number;
  /** Digits, at most. */
  max_length!: number;
  /** Seconds from the letter to the end of the claim. */
  claim_seconds!: number;
  /** Wrong codes that end a claim. */
  max_attempts!: number;
  max_resends!: number;
}

/** How passwords are judged and kept. */
export class PasswordParameters {
  min_length!: number;
  max_length!: number;
  algorithm!: 'argon2id';
  memory_kib!: number;
  passes!: number;
  lanes!: number;
}

/** When codes get longer, over all addresses. */
export class BreakerParameters {
  /** Minutes over which struck claims are counted. */
  minutes!: number;
  /** The threshold is this many struck claims, */
  floor!: number;
  /** or this share of the activations of those minutes where that is more, */
  share_of_activations!: number;
  /** but never more than this. */
  ceiling!: number;
}

/** Probabilities that a guesser hits, whatever the number of sources. */
export class GuessingParameters {
  /** Days for which claims that were guessed at are remembered. */
  ledger_days!: number;
  /** Claims with wrong codes after which an address is given long codes. */
  long_codes_after!: number;
  /** Probability to guess one address within the days of the ledger while its codes are short. */
  per_address_short_codes!: number;
  /** The same with the long codes that follow, in every letter the quotas allow. */
  per_address_long_codes!: number;
  breaker!: BreakerParameters;
  /** Expected hits in an hour over all addresses with short codes, at the breaker's floor and ceiling. */
  all_addresses_per_hour!: { floor: number; ceiling: number };
}

/** The promises of this service in numbers. */
export class SecurityParameters {
  profile!: 'standard' | 'strict';
  code!: CodeParameters;
  password!: PasswordParameters;
  guessing!: GuessingParameters;
}

/** What follows from the settings and the rules. */
export function securityParameters(config: Config): SecurityParameters {
  const strict = config.securityProfile === 'strict';
  const shortest = strict ? CODE_LENGTH.long : CODE_LENGTH.short;
  const perClaim = (length: number): number => MAX_STRIKES / 10 ** length;
  const claims = ADDRESS_QUOTAS.registration_letters.perDay * LEDGER.days;
  return {
    profile: config.securityProfile,
    code: {
      min_length: shortest,
      max_length: CODE_LENGTH.long,
      claim_seconds: config.claimSeconds,
      max_attempts: MAX_STRIKES,
      max_resends: config.claimResends,
    },
    password: {
      min_length: MIN_PASSWORD[config.securityProfile],
      max_length: MAX_PASSWORD,
      algorithm: 'argon2id',
      memory_kib: OWN_COST.memoryKib,
      passes: OWN_COST.passes,
      lanes: OWN_COST.lanes,
    },
    guessing: {
      ledger_days: LEDGER.days,
      long_codes_after: LEDGER.perAddress,
      per_address_short_codes: rounded(LEDGER.perAddress * perClaim(shortest)),
      per_address_long_codes: rounded(claims * perClaim(CODE_LENGTH.long)),
      breaker: {
        minutes: LEDGER.breakerMinutes,
        floor: LEDGER.breakerFloor,
        share_of_activations: LEDGER.breakerShare,
        ceiling: LEDGER.breakerCeiling,
      },
      all_addresses_per_hour: {
        floor: rounded(LEDGER.breakerFloor * perClaim(shortest)),
        ceiling: rounded(LEDGER.breakerCeiling * perClaim(shortest)),
      },
    },
  };
}

function rounded(probability: number): number {
  return Number(probability.toPrecision(6));
}
