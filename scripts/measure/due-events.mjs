// Audit events that are past their time, sealed as the service seals them, so that retention drops them batch by batch.
import { Database } from '../../dist/libs/data/src/database.js';
import { dropOldestBatch } from '../../dist/libs/platform/src/audit/drop.js';
import { sealNextBatch } from '../../dist/libs/platform/src/audit/seal.js';

/** Writes so many events of more than a year ago, makes those before them as old, and seals all. */
export async function fillDueEvents(sql, { appUrl }, keys, count) {
  await sql.unsafe(`update audit_event set occurred_at = occurred_at - interval '400 days'`);
  await sql.unsafe(
    `insert into audit_event (event, occurred_at, subject_id, request_id, sealed_details)
     select 'session.created', clock_timestamp() - interval '400 days', md5('s' || n % 1000)::uuid, 'request-' || n, decode(md5('d' || n), 'hex')
       from generate_series(1, $1::int) as n`,
    [count],
  );
  const db = Database.open({ url: appUrl, poolSize: 2 });
  try {
    const [{ events }] = await sql.unsafe('select count(*)::int as events from audit_event');
    let sealed = 0;
    // What a transaction that is still open somewhere could write before is sealed when that has ended.
    while (sealed < events) {
      const { batch } = await sealNextBatch(db, keys, 0);
      if (batch) sealed += batch.events;
      else await new Promise((resolve) => setTimeout(resolve, 100));
    }
  } finally {
    await db.close();
  }
}

/** Drops every batch that is past its time, as the job does; resolves to the number of events. */
export async function dropDueEvents(sql, keys) {
  let events = 0;
  for (;;) {
    const drop = await dropOldestBatch(sql, keys);
    if (drop.kind !== 'dropped') return events;
    events += drop.events;
  }
}
