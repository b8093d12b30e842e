import type { Metrics } from '#platform/metrics/metrics';
import { Problem } from '#platform/problems/problem';

/** The longest queue is this much work, in milliseconds, at the pace measured lately. */
const QUEUED_WORK_MS = 1_000;
/** Bounds of the measured pace: one odd hash makes the queue neither endless nor empty. */
const FASTEST_HASH_MS = 5;
const SLOWEST_HASH_MS = 250;
/** Taken for the pace of a hash, in milliseconds, until one has been measured. */
export const FIRST_GUESS_MS = 25;
const WEIGHT_OF_NEWEST = 0.1;

const SECONDS_BUCKETS = [0.005, 0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56];

/**
 * The one door to every password hash: as many at once as there are CPUs, the rest in order of arrival, and no more of
 * them than about a second of work. Beyond that it sheds at once, so that overload never collapses.
 */
export class HashGate {
  readonly #slots: number;
  readonly #gauges: GateMetrics;
  readonly #waiting: (() => void)[] = [];
  #inFlight = 0;
  #hashMs = FIRST_GUESS_MS;

  constructor(metrics: Metrics, slots: number) {
    this.#slots = slots;
    this.#gauges = gateMetrics(metrics);
    metrics.gauge('troth_hash_in_flight', 'Password hashes being computed.', () => this.#inFlight);
    metrics.gauge('troth_hash_queue_length', 'Password hashes waiting for their turn.', () => this.#waiting.length);
  }

  /** How many may wait now. */
  get queueLimit(): number {
    const hashMs = Math.min(Math.max(this.#hashMs, FASTEST_HASH_MS), SLOWEST_HASH_MS);
    return Math.floor((this.#slots * QUEUED_WORK_MS) / hashMs);
  }

  /**
   * Throws Problem `overloaded` when work that came now would be shed: whoever needs other costly things first asks
   * before them, so that what is refused costs next to nothing.
   */
  ensureRoom(): void {
    if (this.#inFlight < this.#slots || this.#waiting.length < this.queueLimit) return;
    this.#gauges.shed.inc();
    throw new Problem('overloaded', { reason: 'hash_queue_full', headers: { 'retry-after': '1' } });
  }

  /** Runs the work when its turn comes; throws Problem `overloaded` instead, at once, when the queue is full. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    const arrived = performance.now();
    await this.#enter();
    const started = performance.now();
    this.#gauges.wait.observe((started - arrived) / 1_000);
    try {
      const result = await work();
      this.#measure(performance.now() - started);
      return result;
    } finally {
      this.#leave();
    }
  }

  async #enter(): Promise<void> {
    if (this.#inFlight < this.#slots) {
      this.#inFlight += 1;
      return;
    }
    this.ensureRoom();
    await new Promise<void>((turn) => this.#waiting.push(turn));
  }

  // The slot goes from hand to hand, so that nobody who arrives in between overtakes the queue.
  #leave(): void {
    const turn = this.#waiting.shift();
    if (turn) turn();
    else this.#inFlight -= 1;
  }

  #measure(milliseconds: number): void {
    this.#gauges.hash.observe(milliseconds / 1_000);
    this.#hashMs += (milliseconds - this.#hashMs) * WEIGHT_OF_NEWEST;
  }
}

type GateMetrics = ReturnType<typeof gateMetrics>;

function gateMetrics(metrics: Metrics) {
  return {
    wait: metrics.histogram('troth_hash_wait_seconds', 'Time a password hash waited.', [], SECONDS_BUCKETS),
    hash: metrics.histogram('troth_hash_seconds', 'Time a password hash took.', [], SECONDS_BUCKETS),
    shed: metrics.counter('troth_hash_shed_total', 'Password hashes refused because too many were waiting.'),
  };
}
