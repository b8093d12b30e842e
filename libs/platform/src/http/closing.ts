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
  readonly #acts: { readonly step: Step; readonly act: () => Promise<void> }[] = [];
  #hasBegun = false;

  constructor(private readonly log: Log) {}

  /** Whether the process is about to end. Requests are still answered, but none should be sent here any more. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Says what the step does, besides what others said; it has to keep to a bound of its own. */
  at(step: Step, act: () => Promise<void>): void {
    this.#acts.push({ step, act });
  }

  /** Nest calls it before it closes the server. */
  beforeApplicationShutdown(): void {
    this.#hasBegun = true;
  }

  /** Takes the steps one after the other, and all acts of a step at once; one that fails holds up none of the others. */
  async takeSteps(): Promise<void> {
    for (const step of STEPS) {
      const acts = this.#acts.filter((one) => one.step === step);
      await Promise.all(acts.map(({ act }) => this.#take(step, act)));
    }
  }

  async #take(step: Step, act: () => Promise<void>): Promise<void> {
    try {
      await act();
    } catch (error) {
      this.log.error('closing_step_failed', { step, error });
    }
  }
}
