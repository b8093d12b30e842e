import { readFileSync, writeFileSync } from 'node:fs';

import { freshDatabase } from '#testing/fresh-database';
import { schemaText } from '#testing/schema-text';

const FILE = 'db/schema.sql';
const HEAD =
  '-- What the migrations add up to, for readers. Written by: UPDATE_SCHEMA=1 npm test -- apps/api/test/schema\n\n';

test('db/schema.sql is what the migrations add up to', async () => {
  const db = await freshDatabase();
  try {
    const text = HEAD + (await schemaText(db));
    if (process.env.UPDATE_SCHEMA === '1') writeFileSync(FILE, text);
    expect(readFileSync(FILE, 'utf8')).toBe(text);
  } finally {
    await db.drop();
  }
});
