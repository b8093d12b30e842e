/** What an erasure takes away, by class, in the order in which its user is told. The database counts the same ones. */
export const ERASED_CLASSES = [
  'address',
  'profile',
  'credentials',
  'sessions',
  'tokens',
  'letters',
  'limits',
  'keys',
] as const;

const DAY_SECONDS = 86_400;
/** A leap year. */
const LONGEST_YEAR_DAYS = 366;

/** Something that outlives an account: for how long after the erasure at most, and why. */
interface RetentionRule {
  readonly class: string;
  /** Undefined: as long as an access token is good. */
  readonly seconds?: number;
  readonly reason: string;
}

/** What an erasure leaves. None of it names the user to whoever has the database and its keys, but for the last letter. */
export const RETAINED = {
  quotas: {
    class: 'limits',
    seconds: DAY_SECONDS,
    reason:
      'Counts of letters, log-ins and requests under keyed hashes, so that limits do not begin anew with another registration.',
  },
  strikes: {
    class: 'limits',
    seconds: 30 * DAY_SECONDS,
    reason: 'Claims of the address that somebody guessed at, under a keyed hash, so that later codes are longer.',
  },
  audit: {
    class: 'audit',
    seconds: LONGEST_YEAR_DAYS * DAY_SECONDS,
    reason:
      'That something happened and when, under a random number that leads nowhere any more; the key of the details is destroyed.',
  },
  letter: {
    class: 'letters',
    seconds: DAY_SECONDS,
    reason:
      'The last letter, sealed, until it is sent: to the address, and to those that the account had within seven days.',
  },
  tokens: {
    class: 'tokens',
    reason:
      'Access tokens that were issued: they name a number alone, expire by themselves, and are refused here at once.',
  },
} as const satisfies Readonly<Record<string, RetentionRule>>;

/** The name of something that outlives an account. */
export type RetainedKind = keyof typeof RETAINED;

/**
 * Seconds that may pass between the moment from which ends are counted, when the receipt is signed, and the erasure. The
 * database refuses an erasure that comes later, so that nothing stays longer than the receipt says.
 */
export const ERASURE_SECONDS = 60;

/** Something that stays, and until when at most. */
export interface RetainedUntil {
  readonly kind: RetainedKind;
  readonly until: Date;
}

/** What stays of an account that is erased within `ERASURE_SECONDS` of `at`, by the database's clock. */
export function retainedAfter(
  at: Date,
  ends: { readonly accessTokenSeconds: number; /** Null: nobody guessed. */ readonly strikesUntil: Date | null },
): readonly RetainedUntil[] {
  const after = (seconds: number): Date => new Date(at.getTime() + (ERASURE_SECONDS + seconds) * 1_000);
  return [
    { kind: 'quotas', until: after(RETAINED.quotas.seconds) },
    ...(ends.strikesUntil === null ? [] : [{ kind: 'strikes', until: ends.strikesUntil } as const]),
    { kind: 'audit', until: after(RETAINED.audit.seconds) },
    { kind: 'letter', until: after(RETAINED.letter.seconds) },
    { kind: 'tokens', until: after(ends.accessTokenSeconds) },
  ];
}

/** Days after which a deletion takes effect that is not immediate. */
export const DEFERRED_DAYS = { least: 1, most: 30 } as const;

/** Who erased an account: its user, its user some days before, or an administrator. */
export type ErasedBy = 'user' | 'schedule' | 'administrator';

/** What the commitment of a receipt is made of: for the user alone. */
export interface ReceiptOpening {
  readonly account_id: string;
  /** In base64url. */
  readonly salt: string;
}

/** What the last letter to a user tells. It rests sealed, as JSON. */
export interface Farewell {
  readonly by: ErasedBy;
  /** Times in RFC 3339. */
  readonly retained: readonly { readonly kind: RetainedKind; readonly until: string }[];
  readonly receipt: string;
  /**
   * Opens the commitment of the receipt; the salt in base64url. Undefined in a letter to an address that the account had
   * before: whether its reader is the user nobody knows.
   */
  readonly opening?: ReceiptOpening;
}
