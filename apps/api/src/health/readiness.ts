import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { schemaVersion } from '#data/migrate';
import { Closing } from '#platform/http/closing';
import { Problem } from '#platform/problems/problem';

/** How long an answer holds, in milliseconds: whoever asks more often costs the database nothing. */
const FRESH_MS = 500;

/** Whether the database answers and has a schema, and the process is not about to end. All who ask at the same time share one look. */
@Injectable()
export class Readiness {
  #look: Promise<string> | undefined;
  /** While a look goes on it is the freshest there is. */
  #staleAt = Number.POSITIVE_INFINITY;

  constructor(
    private readonly db: Database,
    private readonly closing: Closing,
  ) {}

  /** The newest migration; throws DatabaseUnavailable or Problem `overloaded` when the service is not ready. */
  async schema(): Promise<string> {
    if (this.closing.hasBegun) throw new Problem('overloaded', { reason: 'closing', headers: { 'retry-after': '1' } });
    if (this.#look === undefined || performance.now() > this.#staleAt) {
      this.#staleAt = Number.POSITIVE_INFINITY;
      this.#look = this.#schemaNow().finally(() => (this.#staleAt = performance.now() + FRESH_MS));
    }
    return this.#look;
  }

  async #schemaNow(): Promise<string> {
    const schema = await schemaVersion(this.db.sql);
    if (schema === undefined) throw new Problem('overloaded', { reason: 'no_schema', headers: { 'retry-after': '5' } });
    return schema;
  }
}
