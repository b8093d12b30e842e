import { createHash } from 'node:crypto';

import { Injectable } from '@nestjs/common';

import { normalizePassword } from '#domain/password';
import { Config } from '#platform/config/config';
import { Metrics } from '#platform/metrics/metrics';

/** Hex digits of a SHA-1 that leave the process: some thousand known passwords share them. */
const PREFIX_LENGTH = 5;
/** Who sets a password waits for no longer than this. */
const DEADLINE_MS = 1_000;
/** Characters of the longest answer that is read; usual ones have some 80,000. */
const LONGEST_ANSWER = 500_000;
/** Questions under way at once; a flood of registrations is none of the service's. */
const MOST_AT_ONCE = 50;

/**
 * Asks a service of breached passwords, by the range protocol of Have I Been Pwned, whether it knows a password. Off
 * unless `BREACHED_PASSWORDS_URL` is set. By k-anonymity the service learns five digits of a hash, and as the answers are
 * padded, nobody on the way learns more. When it cannot be asked the password passes, and a metric counts it (decision 7).
 */
@Injectable()
export class BreachedPasswords {
  readonly #url: string | undefined;
  readonly #outcomes;
  #underWay = 0;

  constructor(config: Config, metrics: Metrics) {
    this.#url = config.breachedPasswordsUrl;
    this.#outcomes = metrics.counter('troth_breach_checks_total', 'Checks for breached passwords by outcome', [
      'outcome',
    ]);
  }

  /** Whether the password is known to have been breached. */
  async has(password: string): Promise<boolean> {
    if (this.#url === undefined) return false;
    const digest = createHash('sha1').update(normalizePassword(password)).digest('hex').toUpperCase();
    const range = await this.#range(`${this.#url}/${digest.slice(0, PREFIX_LENGTH)}`);
    const isKnown = range !== undefined && knows(range, digest.slice(PREFIX_LENGTH));
    this.#outcomes.inc({ outcome: range === undefined ? 'unavailable' : isKnown ? 'breached' : 'unknown' });
    return isKnown;
  }

  async #range(url: string): Promise<string | undefined> {
    if (this.#underWay >= MOST_AT_ONCE) return undefined;
    this.#underWay += 1;
    try {
      const headers = { 'add-padding': 'true', 'user-agent': 'troth' };
      const answer = await fetch(url, { headers, redirect: 'error', signal: AbortSignal.timeout(DEADLINE_MS) });
      return answer.ok ? await textOf(answer) : undefined;
    } catch {
      return undefined;
    } finally {
      this.#underWay -= 1;
    }
  }
}

async function textOf(answer: Response): Promise<string> {
  let text = '';
  const reader = answer.body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    text += part.value;
    if (text.length > LONGEST_ANSWER) throw new Error('the answer has no end');
  }
  return text;
}

// Lines of `<35 digits>:<how often>`; those that only pad have a count of 0.
function knows(range: string, suffix: string): boolean {
  return new RegExp(`^${suffix}:0*[1-9]`, 'im').test(range);
}
