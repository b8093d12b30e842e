import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsOptional, IsUUID, Matches } from 'class-validator';

import { AUDIT_EVENTS, type AuditEvent } from '#domain/audit-events';
import { PageQuery } from '#platform/http/page-query.dto';

/** From 1970 to 2999: what every clock on the way can hold. */
const TIME = /^(?:19[7-9]\d|2\d{3})-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d)$/;

/** Which audit events an administrator looks for. */
export class AuditEventsQuery extends PageQuery {
  /**
   * The kind of event.
   * @example 'account.suspended'
   */
  @ApiPropertyOptional({ enum: AUDIT_EVENTS })
  @IsOptional()
  @IsIn(AUDIT_EVENTS)
  event?: AuditEvent;

  /** The user they are about. */
  @IsOptional()
  @IsUUID()
  user_id?: string;

  /** The administrator who acted. */
  @IsOptional()
  @IsUUID()
  actor_id?: string;

  /** At this time or later. */
  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @Matches(TIME, { message: 'from must be a time of RFC 3339' })
  from?: string;

  /** Before this time. */
  @ApiPropertyOptional({ format: 'date-time' })
  @IsOptional()
  @Matches(TIME, { message: 'until must be a time of RFC 3339' })
  until?: string;
}

/** Somebody whom an audit event names: by a random id that no other data refers to once the account is erased. */
export class AuditParty {
  /** @format uuid */
  subject_id!: string;
  /**
   * The account; null: there is none yet, or no longer.
   * @format uuid
   */
  user_id!: string | null;
}

/** An audit event. */
export class AuditEntry {
  /** @format uuid */
  id!: string;
  /** What happened. */
  @ApiProperty({ enum: AUDIT_EVENTS })
  event!: AuditEvent;
  /** @format date-time */
  occurred_at!: string;
  /** Whom it happened to. */
  subject!: AuditParty | null;
  /** Who did it to somebody else; null: the subject, or the service by itself. */
  actor!: AuditParty | null;
  /** The request that it came of, as the log names it; null: of none. */
  request_id!: string | null;
  /** What was sealed with it; null: nothing, or its key is gone with the account. */
  details!: Record<string, string> | null;
}

/** A page of audit events, the newest first. */
export class AuditEventPage {
  data!: AuditEntry[];
  /** What `cursor` has to be for the next page; null: this is the last one. */
  next_cursor!: string | null;
}
