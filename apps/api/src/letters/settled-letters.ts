import type { Database } from '#data/database';
import { removeLetters } from '#data/letter';
import { failureWord } from '#platform/logging/failure-word';
import type { Log } from '#platform/logging/log';

/** How long a settled letter may wait for others, in milliseconds: under load one statement removes many. */
const GATHER_MS = 250;

/**
 * Letters that were sent, or never can be, and whose rows have to go. They are removed together; while the database is
 * away they are remembered, so that this process does not send one again whose lease ended meanwhile.
 */
export class SettledLetters {
  readonly #ids = new Set<string>();
  #timer: NodeJS.Timeout | undefined;
  #removal: Promise<void> = Promise.resolve();
  #next: Promise<void> | undefined;

  constructor(
    private readonly db: Database,
    private readonly log: Log,
  ) {}

  /** Whether this process has settled the letter already. */
  has(id: string): boolean {
    return this.#ids.has(id);
  }

  /** Forgets the letter, soon. */
  add(id: string): void {
    this.#ids.add(id);
    this.#timer ??= setTimeout(() => void this.remove(), GATHER_MS);
  }

  /** Removes what has gathered; resolves when that is done, or has failed and will be tried again by the next call. */
  remove(): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    // Whoever comes while one removal waits for another shares it.
    this.#next ??= this.#removal.then(() => {
      this.#next = undefined;
      return this.#removeAll();
    });
    this.#removal = this.#next;
    return this.#removal;
  }

  async #removeAll(): Promise<void> {
    const ids = [...this.#ids];
    if (ids.length === 0) return;
    try {
      await removeLetters(this.db.sql, ids);
      for (const id of ids) this.#ids.delete(id);
    } catch (error) {
      this.log.warn('letters_not_removed', { reason: failureWord(error) });
    }
  }
}
