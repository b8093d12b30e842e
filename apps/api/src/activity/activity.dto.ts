import { ApiProperty } from '@nestjs/swagger';

import { AUDIT_EVENTS, type AuditEvent } from '#domain/audit-events';

/** Something that happened to the user's account. */
export class ActivityEntry {
  /** @format uuid */
  id!: string;
  /** What happened. */
  @ApiProperty({ enum: AUDIT_EVENTS })
  event!: AuditEvent;
  /** @format date-time */
  occurred_at!: string;
  /** Whose doing it was. `you`: of a request with the user's own credentials or a link mailed to the user; `system`: of the service by itself. */
  by!: 'you' | 'administrator' | 'system';
  /** The address or network that the request came from; null: it is not known, or an administrator's. */
  source!: string | null;
  /** As the device called itself; null: it did not. */
  device_name!: string | null;
  /** Why an administrator did it; null: no reason was given. */
  reason!: string | null;
}

/** A page of the user's activity, the newest first. */
export class ActivityPage {
  data!: ActivityEntry[];
  /** What `cursor` has to be for the next page; null: this is the last one. */
  next_cursor!: string | null;
}
