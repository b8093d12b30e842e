import { Readable } from 'node:stream';

import { Injectable } from '@nestjs/common';

import { Database } from '#data/database';
import {
  findFailureBudgets,
  listActsOnOthers,
  listSubjectEvents,
  noteExport,
  readUserRecords,
  type SealedEvent,
  type SealedMember,
  type UserRecords,
} from '#data/export';
import type { LiveSession } from '#data/session';
import type { Asker } from '#platform/http/asker';
import { bearerProblem } from '#platform/http/bearer';
import { KeyRing } from '#platform/keys/key-ring';
import { rateLimited } from '#platform/problems/rate-limited';

import type { DataExport, ExportedAct, ExportedEvent, ExportedFailures } from './data-export.dto.ts';
import { ExportLimit } from './export-limit.ts';
import { exportText, pagesOf } from './export-text.ts';

/** Events that are held in memory at once: an account may have a hundred thousand. */
const PAGE = 500;

/** Whoever reads more slowly than this loses the connection. */
const LONGEST_MS = 10 * 60_000;

/** GET /v1/me/export: everything that refers to the user, as JSON that is written while it is sent. */
@Injectable()
export class ExportOwnData {
  constructor(
    private readonly db: Database,
    private readonly keys: KeyRing,
    private readonly limit: ExportLimit,
  ) {}

  async run(session: LiveSession, asker: Asker): Promise<Readable> {
    const wait = this.limit.count(session.accountId);
    if (wait > 0) throw rateLimited('exports', 'Too many exports of one account.', wait);
    await this.#note(session, asker);
    const addressKey = session.email === null ? null : this.keys.addressKey(session.email);
    const accountKey = this.keys.accountKey(session.accountId);
    const records = await readUserRecords(this.db.sql, session.accountId, addressKey, accountKey);
    if (!records) throw bearerProblem('session-revoked', 'account_gone', 'invalid_token');
    const head = {
      exported_at: records.exportedAt,
      identifiers: {
        ...records.identifiers,
        address_key: addressKey?.toString('hex') ?? null,
        account_key: accountKey.toString('hex'),
      },
      account: records.account,
      address: records.address,
      sessions: records.sessions,
      links: records.links.map((link) => this.#opened(link, records.wrappedKey, 'former_email')),
      email_changes: records.emailChanges.map((change) => this.#opened(change, records.wrappedKey, 'new_email')),
      letters: records.letters,
      quotas: records.quotas,
      mutes: records.mutes,
      struck_claims: records.struckClaims,
      failures: await this.#failures(session, records, asker.source),
    } satisfies Partial<Record<keyof DataExport, unknown>>;
    const { subject_id: subjectId } = records.identifiers;
    return Readable.from(
      exportText(head, {
        audit_events: pagesOf(PAGE, (behind) => this.#events(subjectId, records.wrappedKey, behind)),
        acts_on_others: pagesOf(PAGE, (behind) => this.#acts(subjectId, behind)),
      } satisfies Partial<Record<keyof DataExport, unknown>>),
      { signal: AbortSignal.timeout(LONGEST_MS) },
    );
  }

  async #note({ accountId, sessionId, wrappedKey }: LiveSession, { source, requestId }: Asker): Promise<void> {
    const sealedDetails = this.keys.sealAuditDetails(wrappedKey, { source }) ?? null;
    if (!(await noteExport(this.db.sql, accountId, sessionId, { requestId, sealedDetails })))
      throw bearerProblem('session-revoked', 'session_over', 'invalid_token');
  }

  /** Failures are counted by HMACs: those whose parts are known can be found. */
  async #failures(
    { accountId, email }: LiveSession,
    { sessions }: UserRecords,
    source: string,
  ): Promise<readonly ExportedFailures[]> {
    const { addressBudget, sourceBudget } = this.keys.loginBudgets(email ?? accountId, source);
    const named: readonly [Buffer, ExportedFailures['counted_by'], string | null][] = [
      [addressBudget, 'address', null],
      [sourceBudget, 'source', null],
      ...sessions.map(({ id }): [Buffer, 'session', string] => [
        this.keys.budgetKey('reauthentication', accountId, id),
        'session',
        id,
      ]),
    ];
    const budgets = await findFailureBudgets(
      this.db.sql,
      named.map(([key]) => key),
    );
    return named.flatMap(([key, countedBy, sessionId]) =>
      budgets
        .filter((budget) => budget.key === key.toString('hex'))
        .map(({ windowStartedAt, failures }) => ({
          counted_by: countedBy,
          session_id: sessionId,
          window_started_at: windowStartedAt.toISOString(),
          failures,
        })),
    );
  }

  async #events(
    subjectId: string,
    wrappedKey: Uint8Array,
    behind: string | undefined,
  ): Promise<readonly ExportedEvent[]> {
    const events = await listSubjectEvents(this.db.sql, subjectId, behind, PAGE);
    return events.map((it) => {
      const isByOther = it.actorId !== null && it.actorId !== subjectId;
      return {
        id: it.id,
        occurred_at: it.occurredAt.toISOString(),
        event: it.event,
        by_somebody_else: isByOther,
        request_id: it.requestId,
        details: this.#details(it, wrappedKey, isByOther),
      };
    });
  }

  /** Where an administrator came from is theirs to know, not the user's. */
  #details({ sealedDetails }: SealedEvent, wrappedKey: Uint8Array, isByOther: boolean): ExportedEvent['details'] {
    const details = sealedDetails && this.keys.openAuditDetails(wrappedKey, sealedDetails);
    if (!details) return null;
    return Object.fromEntries(Object.entries(details).filter(([name]) => !(isByOther && name === 'source')));
  }

  /** The same with its address opened, under another name. */
  #opened({ sealed_address: sealed, ...rest }: SealedMember, wrappedKey: Uint8Array, name: string): object {
    const email = sealed === null ? undefined : this.keys.openAddress(wrappedKey, Buffer.from(sealed, 'hex'));
    return { ...rest, [name]: email ?? null };
  }

  async #acts(subjectId: string, behind: string | undefined): Promise<readonly ExportedAct[]> {
    const acts = await listActsOnOthers(this.db.sql, subjectId, behind, PAGE);
    return acts.map(({ id, occurredAt, event, requestId }) => ({
      id,
      occurred_at: occurredAt.toISOString(),
      event,
      request_id: requestId,
    }));
  }
}
