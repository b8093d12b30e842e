import { readFile } from 'node:fs/promises';

import { Database } from '#data/database';
import { freshServer, type TestServer } from '#testing/fresh-server';
import { runOps } from '#testing/run-ops';

jest.setTimeout(120_000);

let server: TestServer;
let superuser: Database;
beforeAll(async () => {
  server = await freshServer();
  superuser = Database.open({ url: server.url, poolSize: 1 });
});
afterAll(async () => {
  await superuser.close();
  await server.stop();
});

const run = (script: string): Promise<void> => superuser.transaction((turn) => turn.script(script));
const urlOf = (username: string, password: string): string =>
  Object.assign(new URL(server.url), { username, password }).href;
const rolesThere = async (): Promise<number> =>
  (await superuser.sql<{ name: string }[]>`select rolname::text as name from pg_roles where rolname like 'troth%'`)
    .length;

test('a user who may not make the roles gets their SQL, and nothing is changed', async () => {
  await run(`create role helper login createrole password 'helper'; grant create on schema public to helper`);
  const { code, out, err } = await runOps(['migrate'], { DATABASE_OWNER_URL: urlOf('helper', 'helper') });
  expect(code).toBe(1);
  expect(out).toBe(`${await readFile('db/roles.sql', 'utf8')}\n`);
  expect(err).toMatch(/^DATABASE_OWNER_URL: The roles are missing\. Let a superuser run .* Nothing was changed\.\n$/);
  expect(await rolesThere()).toBe(0);
});

test('a superuser makes them, and is told what they lack until it is there', async () => {
  const migrate = () => runOps(['migrate'], { DATABASE_OWNER_URL: server.url });
  const [first, second] = await Promise.all([migrate(), migrate()]);
  for (const { code, out, err } of [first, second, await migrate()]) {
    expect([code, err]).toEqual([0, '']);
    expect(out).toContain('troth_owner and troth_app cannot log in by password yet.');
    expect(out).toMatch(/^ {2}\\password troth_owner\n {2}\\password troth_app$/m);
  }
  await run(`alter role troth_owner password 'of the owner'`);
  const third = await migrate();
  expect(third.out).toContain('Next: troth_app cannot log in');
  await run(`alter role troth_app password 'of the service'`);
  expect(await migrate()).toEqual({ code: 0, out: 'The schema is up to date.\n', err: '' });
  const owner = await runOps(['migrate'], { DATABASE_OWNER_URL: urlOf('troth_owner', 'of the owner') });
  expect(owner).toEqual({ code: 0, out: 'The schema is up to date.\n', err: '' });
});
