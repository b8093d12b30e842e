import type { Sql } from './database.ts';

/** A place in the order of audit events: the number of a transaction, in decimal, and the id of an event. */
export interface AuditPlace {
  readonly transaction: string;
  readonly id: string;
}

/** The events of a batch that is to be sealed. Times are UTC, to the microsecond. */
export interface AuditRange {
  readonly firstTransaction: string;
  readonly firstId: string;
  readonly lastTransaction: string;
  readonly lastId: string;
  readonly newestAt: string;
  readonly sealedAt: string;
}

/** A sealed batch. */
export interface AuditBatch extends AuditRange {
  readonly number: number;
  readonly events: number;
  /** With those of all batches before it, dropped ones too. */
  readonly eventsSoFar: number;
  readonly previousHash: Uint8Array;
  readonly eventsHash: Uint8Array;
  readonly hash: Uint8Array;
  /** Which secret the key of the MAC comes from. */
  readonly keyId: string;
  readonly mac: Uint8Array;
}

/** The last batch that retention dropped. */
export interface AuditCheckpoint {
  readonly number: number;
  readonly lastTransaction: string;
  readonly lastId: string;
  readonly eventsSoFar: number;
  readonly hash: Uint8Array;
  readonly keyId: string;
  readonly mac: Uint8Array;
}

/** Whether this transaction is the one that works on the chain, until it ends. */
export async function takeAuditTurn(sql: Sql): Promise<boolean> {
  const [turn] = await sql<{ mine: boolean }[]>`
    select pg_try_advisory_xact_lock(hashtextextended('troth audit chain', 0)) as mine -- not null
  `;
  return turn?.mine === true;
}

/** Up to `limit` batches behind the one of that number, in their order. */
export async function listAuditBatches(sql: Sql, behind: number, limit: number): Promise<readonly AuditBatch[]> {
  return sql<AuditBatch[]>`
    select number, first_transaction::text as "firstTransaction", -- not null
           first_id as "firstId", last_transaction::text as "lastTransaction", -- not null
           last_id as "lastId", events, events_so_far::float8 as "eventsSoFar", -- not null
           to_char(newest_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "newestAt", -- not null
           previous_hash as "previousHash", events_hash as "eventsHash", hash,
           to_char(sealed_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "sealedAt", -- not null
           key_id as "keyId", mac
      from audit_batch
     where number > ${behind}::int
     order by number
     limit ${limit}::int
  `;
}

/** The number of the newest batch; 0: there is none. */
export async function newestAuditBatch(sql: Sql): Promise<number> {
  const [newest] = await sql<{ number: number }[]>`
    select coalesce((select number from audit_batch order by number desc limit 1), 0) as number -- not null
  `;
  return newest?.number ?? 0;
}

/** What retention has left behind; undefined: nothing was dropped yet. */
export async function findAuditCheckpoint(sql: Sql): Promise<AuditCheckpoint | undefined> {
  const [checkpoint] = await sql<AuditCheckpoint[]>`
    select number, last_transaction::text as "lastTransaction", -- not null
           last_id as "lastId", events_so_far::float8 as "eventsSoFar", -- not null
           hash, key_id as "keyId", mac
      from audit_checkpoint
  `;
  return checkpoint;
}

/**
 * What the next batch is to hold: up to `limit` events behind the place, as far as no transaction that is still open can
 * write one before them, and no more than an hour apart. Undefined: there is none, or fewer than that and the first one
 * is less than `patienceSeconds` old.
 */
export async function nextAuditRange(
  sql: Sql,
  behind: AuditPlace,
  limit: number,
  patienceSeconds: number,
): Promise<AuditRange | undefined> {
  const [range] = await sql<AuditRange[]>`
    with waiting as materialized (
      select transaction_id, id, occurred_at from audit_event
       where (transaction_id, id) > (${behind.transaction}::text::xid8, ${behind.id}::uuid)
         and transaction_id < (
               select (pg_snapshot_xmin(pg_current_snapshot())::text::bigint
                       + coalesce(pg_sequence_last_value('audit_offset'), 0))::text::xid8)
       order by transaction_id, id
       limit ${limit}::int),
    foremost as materialized (
      select transaction_id, id, occurred_at, clock_timestamp() as looked_at
        from waiting order by transaction_id, id limit 1),
    batch as materialized (
      select waiting.transaction_id, waiting.id, waiting.occurred_at,
             bool_and(waiting.occurred_at between foremost.occurred_at - interval '30 minutes'
                                              and foremost.occurred_at + interval '30 minutes')
               over (order by waiting.transaction_id, waiting.id) as belongs
        from waiting cross join foremost),
    hindmost as materialized (
      select transaction_id, id, max(occurred_at) over () as newest_at
        from batch where belongs order by transaction_id desc, id desc limit 1)
    select foremost.transaction_id::text as "firstTransaction", -- not null
           foremost.id as "firstId",
           hindmost.transaction_id::text as "lastTransaction", -- not null
           hindmost.id as "lastId",
           to_char(newest_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "newestAt", -- not null
           to_char(looked_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as "sealedAt" -- not null
      from foremost cross join hindmost
     where (select count(*) from waiting) = ${limit}::int
        or occurred_at not between looked_at - make_interval(secs => ${patienceSeconds}::float8)
                               and looked_at + make_interval(secs => ${patienceSeconds}::float8)
  `;
  return range;
}

/** How many events lie behind one place and up to another, and the hash of their bytes. */
export interface HashedEvents {
  readonly events: number;
  readonly hash: Uint8Array;
}

/** Where a range begins, exclusively, where it ends, and how many events it is to be read of at most. */
export interface EventRange {
  readonly behind: AuditPlace;
  readonly last: AuditPlace;
  readonly most: number;
}

/**
 * SHA-256 over the events of each range, in their order. An event is its id, its transaction, its time in microseconds and
 * SHA-256 of its kind; then of each column that may be null a byte 0, or a byte 1 and the value, of texts and details its
 * SHA-256. All is written out here, and calls no function that the owner of the schema could replace.
 */
export async function hashAuditEvents(sql: Sql, ranges: readonly EventRange[]): Promise<readonly HashedEvents[]> {
  return sql<HashedEvents[]>`
    select sealed.events, -- not null
           sealed.hash -- not null
      from unnest(${ranges.map(({ behind }) => behind.transaction)}::text[],
                  ${ranges.map(({ behind }) => behind.id)}::uuid[],
                  ${ranges.map(({ last }) => last.transaction)}::text[],
                  ${ranges.map(({ last }) => last.id)}::uuid[],
                  ${ranges.map(({ most }) => most)}::int[])
             with ordinality as span (behind_transaction, behind_id, last_transaction, last_id, most, place)
     cross join lateral (
       select count(*)::int as events, sha256(coalesce(string_agg(bytes, '' order by transaction_id, id), '')) as hash
         from (select transaction_id, id,
                      uuid_send(id) || xid8send(transaction_id) || timestamptz_send(occurred_at)
                      || sha256(convert_to(event, 'UTF8'))
                      || coalesce('\\x01'::bytea || uuid_send(subject_id), '\\x00')
                      || coalesce('\\x01'::bytea || uuid_send(actor_id), '\\x00')
                      || coalesce('\\x01'::bytea || sha256(convert_to(request_id, 'UTF8')), '\\x00')
                      || coalesce('\\x01'::bytea || sha256(sealed_details), '\\x00') as bytes
                 from (select id, transaction_id, occurred_at, event, subject_id, actor_id, request_id, sealed_details
                         from audit_event
                        where (transaction_id, id) > (behind_transaction::xid8, behind_id)
                        order by transaction_id, id
                        limit 1001) as bounded -- a number: the plan is known to be cheap, and is not compiled
                order by transaction_id, id
                limit most) as event
        -- Here, because PostgreSQL 15 would read on to the end of the last transaction.
        where (transaction_id, id) <= (span.last_transaction::xid8, span.last_id)) as sealed
     order by place
  `;
}

/** Adds a batch to the chain. Its number is taken once. */
export async function addAuditBatch(sql: Sql, batch: AuditBatch): Promise<void> {
  await sql<never[]>`
    insert into audit_batch (number, first_transaction, first_id, last_transaction, last_id, events, events_so_far,
                             newest_at, previous_hash, events_hash, hash, sealed_at, key_id, mac)
    values (${batch.number}::int, ${batch.firstTransaction}::text::xid8, ${batch.firstId}::uuid,
            ${batch.lastTransaction}::text::xid8, ${batch.lastId}::uuid, ${batch.events}::int,
            ${batch.eventsSoFar}::bigint, ${batch.newestAt}::timestamptz, ${batch.previousHash}::bytea,
            ${batch.eventsHash}::bytea, ${batch.hash}::bytea, ${batch.sealedAt}::timestamptz, ${batch.keyId},
            ${batch.mac}::bytea)
  `;
}

/** What is not sealed yet. */
export interface AuditTail {
  /** Counted up to the limit. */
  readonly events: number;
  /** Age of the oldest of those that were counted, in seconds; null: there are none. */
  readonly oldestSeconds: number | null;
  /** When this was so, in UTC. */
  readonly at: string;
}

/** Counts up to `limit` events behind the place. */
export async function findAuditTail(sql: Sql, behind: AuditPlace, limit: number): Promise<AuditTail> {
  const [tail] = await sql<AuditTail[]>`
    select count(*)::int as events, -- not null
           extract(epoch from clock_timestamp() - min(occurred_at))::float8 as "oldestSeconds",
           to_char(clock_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as at -- not null
      from (select occurred_at from audit_event
             where (transaction_id, id) > (${behind.transaction}::text::xid8, ${behind.id}::uuid)
             order by transaction_id, id
             limit ${limit}::int) as tail
  `;
  if (!tail) throw new Error('a count of events has no row');
  return tail;
}

/** Whether there are events up to a place, where retention should have left none. */
export async function hasAuditEventsUpTo(sql: Sql, last: AuditPlace): Promise<boolean> {
  const [left] = await sql<{ are: boolean }[]>`
    select coalesce((select (transaction_id, id) <= (${last.transaction}::text::xid8, ${last.id}::uuid)
                       from audit_event order by transaction_id, id limit 1), false) as are -- not null
  `;
  return left?.are === true;
}

/** Whether all events of the batch are past the time for which they are kept, but for the span of a batch. */
export async function isAuditBatchDue(sql: Sql, number: number, retention: string, span: string): Promise<boolean> {
  const [batch] = await sql<{ due: boolean }[]>`
    select newest_at <= clock_timestamp() - ${retention}::text::interval + ${span}::text::interval as due -- not null
      from audit_batch where number = ${number}::int
  `;
  return batch?.due === true;
}

/**
 * Drops the oldest batch and its events, and moves the checkpoint, whose MAC is given, behind it. Resolves to the number
 * of events; null: another replica works on the chain, or that batch is not the oldest one, or not past its time.
 */
export async function dropAuditBatch(
  sql: Sql,
  number: number,
  proof: Pick<AuditCheckpoint, 'keyId' | 'mac'>,
): Promise<number | null> {
  const [row] = await sql<{ events: number | null }[]>`
    select drop_audit_batch(${number}::int, ${proof.keyId}, ${proof.mac}::bytea) as events
  `;
  return row?.events ?? null;
}

/** A MAC that is to stand in the place of another one. */
export interface RenewedMac {
  readonly number: number;
  readonly keyId: string;
  readonly mac: Uint8Array;
  readonly formerMac: Uint8Array;
}

/** Puts MACs of batches in the place of the former ones; resolves to how many. Passes over those that are not there. */
export async function replaceAuditMacs(sql: Sql, renewed: readonly RenewedMac[]): Promise<number> {
  const rows = await sql<{ number: number }[]>`
    update audit_batch
       set key_id = anew.key_id, mac = decode(anew.mac, 'hex')
      from unnest(${renewed.map(({ number }) => number)}::int[],
                  ${renewed.map(({ keyId }) => keyId)}::text[],
                  ${renewed.map(({ mac }) => hex(mac))}::text[],
                  ${renewed.map(({ formerMac }) => hex(formerMac))}::text[]) as anew (number, key_id, mac, former_mac)
     where audit_batch.number = anew.number and audit_batch.mac = decode(anew.former_mac, 'hex')
    returning audit_batch.number
  `;
  return rows.length;
}

/** The same for the checkpoint. */
export async function replaceCheckpointMac(sql: Sql, renewed: RenewedMac): Promise<boolean> {
  const rows = await sql<{ number: number }[]>`
    update audit_checkpoint
       set key_id = ${renewed.keyId}, mac = ${renewed.mac}::bytea
     where number = ${renewed.number}::int and mac = ${renewed.formerMac}::bytea
    returning number
  `;
  return rows.length === 1;
}

/** Lets the order of events go on where it ended, after a dump was restored on another server. True: it had to. */
export async function continueAuditNumbering(sql: Sql): Promise<boolean> {
  const [row] = await sql<{ moved: boolean | null }[]>`
    select continue_audit_numbering() as moved
  `;
  return row?.moved === true;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
