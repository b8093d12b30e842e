import { Injectable } from '@nestjs/common';

import { listAuditEvents, type ListedAuditEvent } from '#data/audit-list';
import { Database } from '#data/database';
import type { LiveSession } from '#data/session';
import type { Asker } from '#platform/http/asker';
import { pageAnswer, pageWanted } from '#platform/http/paging';
import { KeyRing } from '#platform/keys/key-ring';
import { Problem } from '#platform/problems/problem';

import { Administrators } from './administrators.ts';
import type { AuditEntry, AuditEventPage, AuditEventsQuery, AuditParty } from './audit-events.dto.ts';

/** GET /v1/admin/audit-events: what happened, with the details of those whose key is there. */
@Injectable()
export class ListAuditEvents {
  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
    private readonly administrators: Administrators,
  ) {}

  async run(session: LiveSession, query: AuditEventsQuery, asker: Asker): Promise<AuditEventPage> {
    const page = await listAuditEvents(this.db.sql, this.administrators.by(session, asker), {
      ...pageWanted(this.keys, 'audit-events', query),
      event: query.event ?? null,
      userId: query.user_id ?? null,
      actorId: query.actor_id ?? null,
      from: timeOf(query, 'from'),
      until: timeOf(query, 'until'),
    });
    this.administrators.count('list_audit_events', 'done');
    return pageAnswer(
      this.keys,
      'audit-events',
      page,
      ({ eventId }) => eventId,
      (event) => this.#entry(event),
    );
  }

  #entry({ sealedDetails, wrappedKey, ...event }: ListedAuditEvent): AuditEntry {
    return {
      id: event.eventId,
      event: event.event,
      occurred_at: event.occurredAt.toISOString(),
      subject: partyOf(event.subjectId, event.userId),
      actor: partyOf(event.actorSubjectId, event.actorUserId),
      request_id: event.requestId,
      details: (sealedDetails && wrappedKey && this.keys.openAuditDetails(wrappedKey, sealedDetails)) ?? null,
    };
  }
}

function partyOf(subjectId: string | null, userId: string | null): AuditParty | null {
  return subjectId === null ? null : { subject_id: subjectId, user_id: userId };
}

/** A day that no calendar has is written like one that has. */
function timeOf(query: AuditEventsQuery, name: 'from' | 'until'): string | null {
  const { [name]: text } = query;
  if (text === undefined) return null;
  const milliseconds = Date.parse(text);
  if (!Number.isNaN(milliseconds)) return new Date(milliseconds).toISOString();
  const detail = 'There is no such time.';
  throw new Problem('validation-failed', { errors: [{ pointer: `/${name}`, code: 'time', detail }] });
}
