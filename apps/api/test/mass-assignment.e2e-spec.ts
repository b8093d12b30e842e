import { TestClaimant } from '#testing/claimant';
import { documentedFields, documentedRoutes, type DocumentedRoute } from '#testing/documented-routes';
import { leftovers, settledLeftovers } from '#testing/rows';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';

const routes = documentedRoutes().filter(({ fields, access }) => fields !== undefined && access !== 'client');

let app: TestApp;
let session: TestSession;
let names: readonly string[];
beforeAll(async () => {
  app = await startTestApp();
  const ada = new TestClaimant(app, 'ada@example.com');
  await ada.becomeActive();
  await app.db.owner`update account set roles = array['admin']`;
  session = await TestSession.of(app, ada);
  names = [...new Set([...documentedFields(), ...(await columns()), ...USUAL])];
});
afterAll(() => app.stop());

/** What others call the fields that nobody may set. */
const USUAL = [
  'admin',
  'is_admin',
  'isAdmin',
  'role',
  'user_id',
  'userId',
  'verified',
  'email_verified',
  '$set',
  'sub',
];

/** Unknown fields that one request has: few enough for an answer to name them all. */
const AT_ONCE = 10;

async function columns(): Promise<readonly string[]> {
  const rows = await app.db.owner<{ name: string }[]>`
    select distinct column_name as name from information_schema.columns where table_schema in ('public', 'vault')`;
  return rows.map(({ name }) => name);
}

function send({ method, path, access }: DocumentedRoute, body: object): Promise<Answer> {
  const url = path.replaceAll(/\{\w+\}/g, '00000000-0000-7000-8000-000000000000');
  if (access === 'basic') return app.ask(url, { method, body, as: ['nobody@example.com', 'correct horse battery'] });
  return access === 'anybody' ? app.ask(url, { method, body }) : session.ask(url, { method, body });
}

/** The fields of a problem, as far as it names them as unknown. */
function toldBy({ body }: Answer): readonly string[] {
  const { errors = [] } = body as { errors?: readonly { pointer: string; code: string }[] };
  return errors.filter(({ code }) => code === 'unknown-field').map(({ pointer }) => pointer.slice(1));
}

test('no route takes a field that it does not document, whatever else of ours has a field of that name', async () => {
  expect(routes.length).toBeGreaterThan(5);
  const before = await settledLeftovers(app.db);
  const faults: string[] = [];
  for (const route of routes) {
    const foreign = names.filter((name) => !route.fields?.includes(name));
    expect(foreign.length).toBeGreaterThan(100);
    for (let first = 0; first < foreign.length; first += AT_ONCE) {
      const some = foreign.slice(first, first + AT_ONCE);
      const answer = await send(route, Object.fromEntries(some.map((name) => [name, 'x'])));
      const told = toldBy(answer);
      if (answer.status !== 422) faults.push(`${route.method} ${route.path}: ${answer.status} for ${some.join(', ')}`);
      else faults.push(...some.filter((name) => !told.includes(name)).map((name) => `${route.path} takes ${name}`));
    }
  }
  expect(faults).toEqual([]);
  expect(await leftovers(app.db)).toEqual(before);
});
