import { DatabaseUnavailable } from './failures.ts';

/** How many pass at once, how many may wait for it, and how long. */
export interface GateBounds {
  readonly slots: number;
  readonly queue: number;
  readonly waitMs: number;
}

interface Waiter {
  readonly pass: () => void;
  readonly refuse: (refusal: DatabaseUnavailable) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * Lets so many through at once, the others in order of arrival, and refuses whoever would wait too long: an overloaded
 * database is told of at once, and no connection ever has two statements.
 */
export class Gate {
  // A Set keeps the order of arrival and forgets a waiter at once wherever it stands.
  readonly #waiting = new Set<Waiter>();
  readonly #emptied: (() => void)[] = [];
  #inside = 0;
  #closed = false;

  constructor(private readonly bounds: GateBounds) {}

  /** Runs the work when its turn comes. Throws DatabaseUnavailable instead when that takes too long. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (!this.#hasEntered()) await this.#turn();
    try {
      return await work();
    } finally {
      this.#leave();
    }
  }

  /** Refuses whoever comes from now on; resolves once everybody who came before has left. */
  async close(): Promise<void> {
    this.#closed = true;
    if (this.#inside > 0) await new Promise<void>((emptied) => this.#emptied.push(emptied));
  }

  /** Refuses everybody who waits. */
  clear(): void {
    for (const { refuse, timer } of this.#waiting) {
      clearTimeout(timer);
      refuse(new DatabaseUnavailable('closed'));
    }
    this.#waiting.clear();
  }

  #hasEntered(): boolean {
    if (this.#closed) throw new DatabaseUnavailable('closed');
    if (this.#inside >= this.bounds.slots) return false;
    this.#inside += 1;
    return true;
  }

  #turn(): Promise<void> {
    if (this.#waiting.size >= this.bounds.queue) throw new DatabaseUnavailable('queue_full');
    return new Promise<void>((pass, refuse) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiter);
        refuse(new DatabaseUnavailable('waited_too_long'));
      }, this.bounds.waitMs);
      const waiter = { pass, refuse, timer };
      this.#waiting.add(waiter);
    });
  }

  #leave(): void {
    const [next] = this.#waiting;
    if (next) {
      // The slot goes from hand to hand, so that nobody who arrives in between overtakes the queue.
      this.#waiting.delete(next);
      clearTimeout(next.timer);
      next.pass();
      return;
    }
    this.#inside -= 1;
    if (this.#inside === 0) this.#emptied.splice(0).forEach((emptied) => emptied());
  }
}
