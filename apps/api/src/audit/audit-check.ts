import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import { AuditCheckAborted, type AuditVerdict, verifyAuditChain } from '#platform/audit/verify';
import { KeyRing } from '#platform/keys/key-ring';
import { failureWord } from '#platform/logging/failure-word';
import { Log } from '#platform/logging/log';
import { Metrics } from '#platform/metrics/metrics';

/** The verification of the whole audit chain, beside every request, and what it came to last in this process. */
@Injectable()
export class AuditCheck {
  #last: AuditVerdict | undefined;
  #running: Promise<void> | undefined;
  #isOver = false;

  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
    private readonly log: Log,
    metrics: Metrics,
  ) {
    metrics.gauge('troth_audit_chain_valid', '0 once a verification found the audit chain broken, else 1', () =>
      this.#last?.valid === false ? 0 : 1,
    );
  }

  /** What the last whole verification came to; undefined: none has ended yet. */
  get last(): AuditVerdict | undefined {
    return this.#last;
  }

  /** Verifies once; one that is still going on is waited for instead of doubled. Never throws. */
  run(): Promise<void> {
    this.#running ??= this.#check().finally(() => (this.#running = undefined));
    return this.#running;
  }

  /** Ends the one that is going on at its next statement. */
  async finish(): Promise<void> {
    this.#isOver = true;
    await this.#running;
  }

  async #check(): Promise<void> {
    try {
      this.#last = await verifyAuditChain(this.db.sql, this.keys, { isOver: () => this.#isOver });
      this.#tell(this.#last);
    } catch (error) {
      if (!(error instanceof AuditCheckAborted)) this.log.warn('audit_check_failed', { reason: failureWord(error) });
    }
  }

  #tell({ batches, events, head, fault }: AuditVerdict): void {
    const auditHead = head ? `${head.count}:${head.hash}` : null;
    if (fault) this.log.error('audit_chain_broken', { batch: fault.batch, fault: fault.kind, auditHead });
    else this.log.info('audit_chain_verified', { batches, events, auditHead });
  }
}
