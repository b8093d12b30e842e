// Who waits for a lock that somebody else holds, and how long.
import postgres from 'postgres';

/** Milliseconds between two looks: a wait that is shorter may be missed, and a longest one is longer by less than this. */
export const LOOK_EVERY = 4;

/** Watches the waits behind connections of one application name; `stop` resolves to the milliseconds of each. */
export function watchLockWaits(superUrl, holder) {
  const sql = postgres(superUrl, { max: 1, onnotice: () => undefined });
  const waits = new Map();
  let isOver = false;
  const watching = (async () => {
    while (!isOver) {
      const rows = await sql`
        select pid || ' ' || waitstart as wait, extract(epoch from clock_timestamp() - waitstart)::float8 * 1000 as ms
          from pg_locks
         where not granted and waitstart is not null
           and pg_blocking_pids(pid) && array(select pid from pg_stat_activity where application_name = ${holder})`;
      for (const { wait, ms } of rows) waits.set(wait, ms);
      await new Promise((resolve) => setTimeout(resolve, LOOK_EVERY));
    }
  })();
  return {
    stop: async () => {
      isOver = true;
      await watching;
      await sql.end();
      return [...waits.values()];
    },
  };
}
