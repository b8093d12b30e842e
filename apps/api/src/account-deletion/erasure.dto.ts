import type { Erased } from './erase-account.usecase.ts';

/** Opens the commitment of a receipt: SHA-256 of the salt and the 16 bytes of the account's id is what it holds. */
export class Opening {
  /** @format uuid */
  account_id!: string;
  /** 32 bytes in base64url. */
  salt!: string;
}

/** Something that was erased. */
export class ErasedClass {
  /**
   * What it was.
   * @example 'sessions'
   */
  class!: string;
  /** How many rows. */
  count!: number;
}

/** Something that stays for a while. */
export class RetainedClass {
  /**
   * What it is.
   * @example 'limits'
   */
  class!: string;
  /** Why it stays, and what it is. */
  reason!: string;
  /**
   * Until then at most.
   * @format date-time
   */
  until!: string;
}

/** An account was erased. Nobody can ask for this again. */
export class ErasureReceipt {
  /** A signed proof without personal data (`typ` `deletion-receipt+jwt`). */
  receipt!: string;
  erased!: ErasedClass[];
  retained!: RetainedClass[];
}

/** The same, for the user: with what opens the commitment of the receipt. It is told nobody else, and is not kept. */
export class OwnErasure extends ErasureReceipt {
  opening!: Opening;
}

/** What anybody who erases is answered. */
export function receiptOf({ receipt, erased, retained }: Erased): ErasureReceipt {
  return {
    receipt,
    erased: erased.map((one) => ({ class: one.class, count: one.count })),
    retained: retained.map((one) => ({ class: one.class, reason: one.reason, until: one.until.toISOString() })),
  };
}
