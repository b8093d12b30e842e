import type { AuditVerdict } from '#platform/audit/verify';

/** How far the chain goes: what can be noted, and compared later. */
export class AuditChainHead {
  /** Events that were ever sealed up to here. */
  count!: number;
  /** SHA-256 of the newest batch, hexadecimal. */
  hash!: string;
  /**
   * Null: the batch was dropped by retention.
   * @format date-time
   */
  sealed_at!: string | null;
}

/** Where events that were dropped by retention ended. */
export class AuditChainCheckpoint {
  /** Number of the last batch that was dropped. */
  batch!: number;
  /** Events that were dropped in all. */
  count!: number;
  /** SHA-256 of that batch, hexadecimal. */
  hash!: string;
}

/** Where the chain breaks first. */
export class AuditChainFault {
  /** Number of the first batch that is not as it was sealed. */
  batch!: number;
  kind!:
    | 'checkpoint_changed'
    | 'events_before_checkpoint'
    | 'batch_missing'
    | 'batch_changed'
    | 'unknown_key'
    | 'events_missing'
    | 'events_added'
    | 'events_changed'
    | 'head_missing';
}

/** What the last verification of the whole chain came to. */
export class AuditChainCheck {
  valid!: boolean;
  /** @format date-time */
  verified_at!: string;
  batches!: number;
  events!: number;
  fault!: AuditChainFault | null;
}

/** Whether the sealed audit events are as they were written. */
export class AuditChain {
  /** False if anything was found, now or by the last verification of the whole chain. */
  valid!: boolean;
  /** Number of the first batch that was verified now: of a long chain, the newest part. */
  verified_from!: number;
  /** Batches that were verified now. */
  batches!: number;
  /** Events that were verified now. */
  events!: number;
  /** Null: nothing was sealed yet. */
  head!: AuditChainHead | null;
  /** Null: retention has dropped nothing yet. */
  checkpoint!: AuditChainCheckpoint | null;
  /** Events that are not sealed yet. */
  unsealed!: number;
  fault!: AuditChainFault | null;
  /** The last verification of the whole chain by this process; null: it has not ended yet. */
  last_check!: AuditChainCheck | null;
}

/** What a verification of now and the last one of the whole chain say together. */
export function auditChainOf(now: AuditVerdict, last: AuditVerdict | undefined): AuditChain {
  const { verifiedFrom, batches, events, head, checkpoint, unsealed } = now;
  const fault = now.fault ?? last?.fault ?? null;
  return {
    valid: fault === null,
    verified_from: verifiedFrom,
    batches,
    events,
    head: head && { count: head.count, hash: head.hash, sealed_at: head.sealedAt },
    checkpoint,
    unsealed,
    fault,
    last_check: last
      ? {
          valid: last.valid,
          verified_at: last.verifiedAt,
          batches: last.batches,
          events: last.events,
          fault: last.fault,
        }
      : null,
  };
}
