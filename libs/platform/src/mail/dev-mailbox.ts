import { Mailbox, type Delivery, type Letter } from './mailbox.ts';

const MOST_LETTERS = 200;

/** A letter that was kept, with the moment it came. */
export interface KeptLetter extends Letter {
  /** RFC 3339, UTC. */
  readonly receivedAt: string;
}

/** Outside production and without SMTP: letters are printed and kept in memory, the newest 200. */
export class DevMailbox extends Mailbox {
  #letters: KeptLetter[] = [];

  constructor(private readonly print: (text: string) => void) {
    super();
  }

  send(letter: Letter): Promise<Delivery> {
    this.#letters = [...this.#letters.slice(1 - MOST_LETTERS), { ...letter, receivedAt: new Date().toISOString() }];
    this.print(`\n--- letter to ${letter.to}: ${letter.subject}\n${letter.text}\n---\n`);
    return Promise.resolve({ kind: 'sent' });
  }

  /** The letters that are kept, oldest first; to one address when it is given. */
  letters(to?: string): readonly KeptLetter[] {
    return to === undefined ? this.#letters : this.#letters.filter((letter) => letter.to === to);
  }
}
