import { Injectable } from '@nestjs/common';

import { newestAuditBatch } from '#data/audit-batch';
import { Database } from '#data/database';
import { verifyAuditChain } from '#platform/audit/verify';
import { KeyRing } from '#platform/keys/key-ring';

import { AuditCheck } from './audit-check.ts';
import { AuditChain, auditChainOf } from './audit-chain.dto.ts';

/** A million events, which take some seconds. */
const MOST_BATCHES = 1_000;

/** GET /v1/admin/audit-events/verify: the newest part of the chain now, and what the last whole verification found. */
@Injectable()
export class VerifyAudit {
  #running: Promise<AuditChain> | undefined;

  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
    private readonly check: AuditCheck,
  ) {}

  /** Batches that a request verifies at most, the newest ones. */
  get mostBatches(): number {
    return MOST_BATCHES;
  }

  /** Whoever asks while one is going on is given its answer. */
  run(): Promise<AuditChain> {
    this.#running ??= this.#verify().finally(() => (this.#running = undefined));
    return this.#running;
  }

  async #verify(): Promise<AuditChain> {
    const behind = Math.max(0, (await newestAuditBatch(this.db.sql)) - this.mostBatches);
    const now = await verifyAuditChain(this.db.sql, this.keys, { behind });
    return auditChainOf(now, this.check.last);
  }
}
