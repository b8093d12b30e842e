import type { AuditEvent } from '#domain/audit-events';

import type { Sql } from './database.ts';
import type { Page, PageWanted } from './page.ts';

/** A security event of an account, as its user sees it. */
export interface ActivityEvent {
  readonly eventId: string;
  readonly event: AuditEvent;
  readonly occurredAt: Date;
  /** Whose doing it was: a request of the user, an administrator, or the service by itself. */
  readonly by: 'you' | 'administrator' | 'system';
  readonly sealedDetails: Uint8Array | null;
}

/**
 * The security events of an account, newest first. What came of a request without an administrator counts as the
 * user's, but for the end of a session whose token was used twice: that is what the service does.
 */
export async function listActivity(sql: Sql, accountId: string, it: PageWanted): Promise<Page<ActivityEvent>> {
  const rows = await sql<ActivityEvent[]>`
    select id as "eventId",
           event,
           occurred_at as "occurredAt",
           case when actor_id <> subject_id then 'administrator'
                when request_id is null or event = 'session.reuse_detected' then 'system'
                else 'you' end as by, -- not null: every branch has a word
           sealed_details as "sealedDetails"
      from audit_event
     where subject_id = (select subject_id from account where id = ${accountId}::uuid)
       and id < coalesce(${it.behind}::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff')
     order by id desc
     limit ${it.limit + 1}::int
  `;
  return { entries: rows.slice(0, it.limit), hasMore: rows.length > it.limit };
}
