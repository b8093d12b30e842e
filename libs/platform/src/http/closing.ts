import { Injectable, type BeforeApplicationShutdown } from '@nestjs/common';

import { Log } from '#platform/logging/log';

/** What is done after the last answer and before the database closes, in this order. */
const STEPS = ['letters', 'jobs'] as const;

type Step = (typeof STEPS)[number];

/**
 * The end of the process, in order: it is no longer ready, it listens no more and answers what it has begun, then it
 * takes these steps, then the database closes. What was acknowledged meanwhile is a row, and the steps see it.
 */
@Injectable()
export class Closing implements BeforeApplicationShutdown {
  readonly #acts = new Map<Step, () => Promise<void>>();
  #hasBegun = false;

  constructor(private readonly log: Log) {}

  /** Whether the process is about to end. Requests are still answered, but none should be sent here any more. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Says what the step does; it has to keep to a bound of its own. */
  at(step: Step, act: () => Promise<void>): void {
    this.#acts.set(step, act);
  }

  /** Nest calls it before it closes the server. */
  beforeApplicationShutdown(): void {
    this.#hasBegun = true;
  }

  /** Takes the steps one after the other; one that fails holds up none of the others. */
  async takeSteps(): Promise<void> {
    for (const step of STEPS) {
      try {
        await this.#acts.get(step)?.();
      } catch (error) {
        this.log.error('closing_step_failed', { step, error });
      }
    }
  }
}
