import { overdueRows, slackOf } from '#data/retention-report';

import { type Command, CommandRefused } from './command.ts';
import { onDatabase } from './database.ts';

/** Counted at most of each kind: beyond it the exact number tells nobody more. */
const MOST = 1_000_000;

/** Counts what is past its date, so that an operator sees whether the purge keeps up. */
export const retentionReportCommand: Command = {
  name: 'retention-report',
  summary:
    'count the rows that are past their date; status 1 if there are any that the purge job has left (DATABASE_URL)',
  run: async ({ settings, say }) => {
    const { DATABASE_URL: url, PURGE_INTERVAL_SECONDS: interval } = settings('DATABASE_URL', 'PURGE_INTERVAL_SECONDS');
    const slackSeconds = slackOf(interval);
    await onDatabase(url, async (sql) => {
      const overdue = await overdueRows(sql, { slackSeconds, most: MOST });
      for (const { table, column, rows } of overdue) say(`${table}.${column}: ${rows}`);
      const all = overdue.reduce((sum, { rows }) => sum + rows, 0);
      if (all > 0) throw new CommandRefused(`${all} rows are past their date by more than ${slackSeconds} seconds.`);
      say(`No row is past its date by more than ${slackSeconds} seconds.`);
    });
  },
};
