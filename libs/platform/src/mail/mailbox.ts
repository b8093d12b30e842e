/** A letter, ready to be sent. */
export interface Letter {
  readonly id: string;
  /** A normalised address. */
  readonly to: string;
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** What became of a letter. Reasons are short words without addresses. */
export type Delivery =
  | { readonly kind: 'sent' }
  /** Not now, but perhaps in a while. */
  | { readonly kind: 'later'; readonly reason: string }
  /** The receiving side refuses it for good. */
  | { readonly kind: 'never'; readonly reason: string };

/** Where letters go. It never throws, and never takes longer than it is given. */
export abstract class Mailbox {
  abstract send(letter: Letter, limits: { readonly milliseconds: number }): Promise<Delivery>;
}
