import postgres from 'postgres';

import { Database } from '#data/database';
import { Secret } from '#domain/secret';
import { sealNextBatch } from '#platform/audit/seal';
import { type AuditVerdict, verifyAuditChain, type VerifyOptions } from '#platform/audit/verify';
import { KeyRing } from '#platform/keys/key-ring';

import { eventually } from './eventually.ts';
import type { TestDatabase } from './fresh-database.ts';
import type { TestApp } from './test-app.ts';

/** The audit trail of a test's database, with whoever tampers with it: a superuser for whom no trigger fires. */
export class AuditTrail {
  keys = ringOf('of this test');
  readonly #tamperer: postgres.Sql;

  private constructor(
    readonly database: Database,
    readonly db: TestDatabase,
  ) {
    this.#tamperer = postgres(db.superUrl, {
      max: 1,
      onnotice: () => undefined,
      connection: { session_replication_role: 'replica', statement_timeout: 0 },
    });
  }

  static of(db: TestDatabase): AuditTrail {
    return new AuditTrail(Database.open({ url: db.appUrl, poolSize: 4 }), db);
  }

  /** The trail of a running service, sealed with its keys. */
  static in(app: TestApp): AuditTrail {
    const trail = AuditTrail.of(app.db);
    trail.keys = app.get(KeyRing);
    return trail;
  }

  /** Writes so many events, each in a transaction of its own, as if so many seconds ago. */
  async write(count: number, secondsAgo = 0): Promise<void> {
    for (let event = 0; event < count; event++) await this.writeAtOnce(1, secondsAgo);
  }

  /** Writes so many events in one transaction. */
  async writeAtOnce(count: number, secondsAgo = 0): Promise<void> {
    await this.db.owner`
      insert into audit_event (event, occurred_at, subject_id, actor_id, request_id, sealed_details)
      select 'session.created', clock_timestamp() - make_interval(secs => ${secondsAgo}::float8),
             case when n % 3 > 0 then gen_random_uuid() end, case when n % 3 > 1 then gen_random_uuid() end,
             case when n % 2 > 0 then 'request-' || n end, case when n % 2 > 0 then '\\xab'::bytea end
        from generate_series(1, ${count}::int) as n`;
    await this.settled();
  }

  /** Waits until no transaction of any database is left that is older than an event, and keeps it from being sealed. */
  async settled(): Promise<void> {
    await eventually(async () => {
      const open = await this.db.owner<object[]>`
        select id from (select id, transaction_id from audit_event order by transaction_id desc limit 1) as newest
         where transaction_id::text::bigint - coalesce(pg_sequence_last_value('audit_offset'), 0)
               >= pg_snapshot_xmin(pg_current_snapshot())::text::bigint`;
      return open.length === 0 ? true : undefined;
    }, 60);
  }

  /** Seals what can be sealed; resolves to the events of each batch. */
  async seal(): Promise<readonly number[]> {
    const events: number[] = [];
    for (;;) {
      const { kind, batch } = await sealNextBatch(this.database, this.keys, 0);
      if (kind === 'nothing') return events;
      if (batch) events.push(batch.events);
    }
  }

  verify(options?: VerifyOptions): Promise<AuditVerdict> {
    return verifyAuditChain(this.database.sql, this.keys, options);
  }

  /** Runs statements as nobody but a superuser can, in one transaction. */
  async tamper(...statements: readonly string[]): Promise<void> {
    await this.#tamperer.begin(async (turn) => {
      for (const statement of statements) await turn.unsafe(statement);
    });
  }

  async close(): Promise<void> {
    await Promise.all([this.database.close(), this.#tamperer.end()]);
  }
}

/** What comes from secrets of a key ring. */
export function ringOf(secret: string, ...previous: readonly string[]): KeyRing {
  return new KeyRing(
    new Secret(secret),
    previous.map((former) => new Secret(former)),
    new Uint8Array(),
  );
}
