import type { AuditEvent } from '#domain/audit-events';

import type { Administrator } from './admin.ts';
import type { Sql } from './database.ts';
import type { Page, PageWanted } from './page.ts';

/** Which audit events an administrator wants to see. Null: any. */
export interface AuditEventsWanted extends PageWanted {
  readonly event: AuditEvent | null;
  /** The account they are about. */
  readonly userId: string | null;
  /** The account that acted on another one. */
  readonly actorId: string | null;
  /** RFC 3339; inclusive. */
  readonly from: string | null;
  /** RFC 3339; exclusive. */
  readonly until: string | null;
}

/** An audit event with what is left of those it names. */
export interface ListedAuditEvent {
  readonly eventId: string;
  readonly event: AuditEvent;
  readonly occurredAt: Date;
  /** Whom it is about, by a random id of their own. */
  readonly subjectId: string | null;
  /** Their account, while there is one. */
  readonly userId: string | null;
  /** Who acted on somebody else, by a random id. */
  readonly actorSubjectId: string | null;
  readonly actorUserId: string | null;
  readonly requestId: string | null;
  readonly sealedDetails: Uint8Array | null;
  /** The key of the details, wrapped; null: it is gone with its account. */
  readonly wrappedKey: Uint8Array | null;
}

interface ListedAuditEventRow extends ListedAuditEvent {
  readonly hasMore: boolean;
}

/** The audit events of a page; those whose details can be read are told by their own events that they were seen. */
export async function listAuditEvents(
  sql: Sql,
  by: Administrator,
  it: AuditEventsWanted,
): Promise<Page<ListedAuditEvent>> {
  const rows = await sql<ListedAuditEventRow[]>`
    select has_more as "hasMore", -- not null: a comparison
           event_id as "eventId", -- not null: of a table
           event, -- not null: of a table
           occurred_at as "occurredAt", -- not null: of a table
           subject_id as "subjectId",
           user_id as "userId",
           actor_subject_id as "actorSubjectId",
           actor_user_id as "actorUserId",
           request_id as "requestId",
           sealed_details as "sealedDetails",
           wrapped_key as "wrappedKey"
      from list_audit_events(
        ${by.sessionId}::uuid, ${it.event}, ${it.userId}::uuid, ${it.actorId}::uuid, ${it.from}::timestamptz,
        ${it.until}::timestamptz, ${it.behind}::uuid, ${it.limit}::int, ${by.requestId})
  `;
  return { entries: rows, hasMore: rows[0]?.hasMore ?? false };
}
