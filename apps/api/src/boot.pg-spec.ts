import { readConfig } from '#platform/config/config';
import { freshDatabase, type TestDatabase } from '#testing/fresh-database';

import { BootRefused, prepareDatabase } from './boot.ts';

const PRODUCTION = {
  NODE_ENV: 'production',
  PUBLIC_URL: 'https://accounts.example.com',
  SMTP_URL: 'smtps://mail.example.com',
  MAIL_FROM: 'no-reply@example.com',
  TROTH_SECRET: 'b7hZp0nR4tW8yKc2mQ6vXs1dFg5jLa9e',
};

let db: TestDatabase;
afterEach(() => db.drop());

const prepare = (settings: Readonly<Record<string, string>>): Promise<void> =>
  prepareDatabase(readConfig({ ...PRODUCTION, ...settings }), () => undefined);

test('in production the service takes its own role, and refuses the owner and the superuser', async () => {
  db = await freshDatabase();
  await prepare({ DATABASE_URL: db.appUrl });
  await expect(prepare({ DATABASE_URL: db.superUrl })).rejects.toThrow(BootRefused);
  await expect(prepare({ DATABASE_URL: db.ownerUrl })).rejects.toThrow('"troth_owner", which owns the schema');
});

test('a database without schema is refused, and migrated when the owner’s URL is given', async () => {
  db = await freshDatabase({ empty: true });
  await expect(prepare({ DATABASE_URL: db.appUrl })).rejects.toThrow('npm run ops -- migrate');
  await db.owner`alter schema public owner to troth_owner`;
  await db.owner`grant usage on schema public to troth_app, troth_vault`;
  await Promise.all([1, 2, 3].map(() => prepare({ DATABASE_URL: db.appUrl, DATABASE_OWNER_URL: db.ownerUrl })));
  await prepare({ DATABASE_URL: db.appUrl });
});

test.each([
  [
    'a foreign user',
    (owner: string) => owner.replace('troth_owner', 'troth_nobody'),
    'cannot be used: the password of',
  ],
  ['a database that is missing', (owner: string) => owner.replace(/[^/]+$/, 'missing'), 'it has no database "missing"'],
  ['the role of the service', () => db.appUrl, '"troth_app" is neither troth_owner'],
])('as owner, %s is refused in a line', async (_, change, words) => {
  db = await freshDatabase();
  const refusal = prepare({ DATABASE_URL: db.appUrl, DATABASE_OWNER_URL: change(db.ownerUrl) });
  await expect(refusal).rejects.toThrow(BootRefused);
  await expect(refusal).rejects.toThrow(words);
});

test('a superuser as owner migrates for troth_owner', async () => {
  db = await freshDatabase({ empty: true });
  await db.owner`alter schema public owner to troth_owner`;
  await db.owner`grant usage on schema public to troth_app, troth_vault`;
  await prepare({ DATABASE_URL: db.appUrl, DATABASE_OWNER_URL: db.superUrl });
  await prepare({ DATABASE_URL: db.appUrl, DATABASE_OWNER_URL: db.ownerUrl });
});
