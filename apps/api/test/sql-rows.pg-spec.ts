import { readdirSync } from 'node:fs';

import { freshDatabase } from '#testing/fresh-database';
import { checkSqlRows } from '#testing/sql-rows/check';

const FOLDER = 'libs/data/src';
/** They run before there is a schema, or below the port, with the driver's own tag. */
const WITHOUT_SCHEMA = /^(?:migrate|roles)\.ts$|^driver\//;

test('row type and parameters of every statement agree with the migrated schema', async () => {
  const files = readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('spec.ts') && !WITHOUT_SCHEMA.test(file))
    .map((file) => `${FOLDER}/${file}`);
  const db = await freshDatabase();
  try {
    const report = await checkSqlRows({ root: process.cwd(), files }, db.appUrl);
    expect(report.faults).toEqual([]);
    expect(report.statements).toBeGreaterThan(15);
  } finally {
    await db.drop();
  }
}, 60_000);
