import { continueAuditNumbering } from '#data/audit-batch';
import { connectionFault } from '#data/connection-fault';
import { Database, LoginRefused, type Sql, StatementFailed } from '#data/database';
import { newestMigration, schemaVersion } from '#data/migrate';
import type { SettingName } from '#platform/config/settings';

import { CommandRefused } from './command.ts';

const MIGRATE = 'Run `npm run ops -- migrate` first.';
const NOT_ALLOWED = '42501';

/** Gives the work the database of `DATABASE_URL`, once its schema is that of this release. */
export async function onDatabase(url: string, work: (sql: Sql, db: Database) => Promise<void>): Promise<void> {
  await connecting('DATABASE_URL', url, async () => {
    const db = Database.open({ url, poolSize: 1, applicationName: 'troth ops' });
    try {
      await refuseOtherSchema(db.sql);
      // The database may have been restored, and the command may write an event before any service does.
      await continueAuditNumbering(db.sql);
      await work(db.sql, db);
    } catch (error) {
      const isNotAllowed =
        error instanceof StatementFailed && !(error instanceof LoginRefused) && error.sqlState === NOT_ALLOWED;
      throw isNotAllowed
        ? new CommandRefused('The user of DATABASE_URL may not do this: it has to be troth_app.')
        : error;
    } finally {
      await db.close();
    }
  });
}

/** Turns what keeps the work from the database of the URL into a line that names the setting, and no password. */
export async function connecting(setting: SettingName, url: string, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const fault = connectionFault(error, url);
    throw fault === undefined ? error : new CommandRefused(`${setting}: ${fault}`);
  }
}

async function refuseOtherSchema(sql: Sql): Promise<void> {
  const [version, newest = ''] = [await schemaVersion(sql), await newestMigration()];
  if (version === undefined) throw new CommandRefused(`The database has no schema yet. ${MIGRATE}`);
  if (version < newest) throw new CommandRefused(`The schema is older than this release. ${MIGRATE}`);
}
