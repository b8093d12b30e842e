import { TestClaimant } from '#testing/claimant';
import { documentedRoutes, type DocumentedRoute } from '#testing/documented-routes';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';

const routes = documentedRoutes().filter(({ access }) => access === 'session' || access === 'admin');

let app: TestApp;
let ada: TestSession;
/** Everything that names Ada or something of hers. */
let marks: readonly string[];
beforeAll(async () => {
  app = await startTestApp();
  const claimant = new TestClaimant(app, 'ada@example.com');
  await claimant.register({ username: 'ada' });
  await claimant.activate(await claimant.code());
  ada = await TestSession.of(app, claimant);
  const { id } = (await ada.ask('/v1/me')).body as { id: string };
  // Something of everything that an account can have, so that there is something to see and to change.
  await ada.ask('/v1/me', { method: 'PATCH', body: { display_name: 'Ada Lovelace', birthdate: '1815-12-10' } });
  await ada.ask('/v1/me/email-change', { body: { new_email: 'countess@example.com' } });
  await ada.ask('/v1/me/deletion', { body: { after_days: 30 } });
  marks = [id, ada.id, 'ada@example.com', 'ada'];
});
afterAll(() => app.stop());

/** What anybody could try to name another account with. */
const HEADERS = ['x-user-id', 'x-account-id', 'x-forwarded-user', 'x-session-id', 'x-original-url'];
/** A value that each field of a body takes: every request is refused for what it asks, if for anything, and not for its form. */
const VALUES: Readonly<Record<string, unknown>> = {
  after_days: 7,
  birthdate: '1990-01-01',
  code: '00000000',
  current_password: 'correct horse battery',
  display_name: 'Bob',
  locale: 'en',
  new_email: 'elsewhere@example.com',
  new_password: 'correct horse battery',
  password: 'correct horse battery',
  reason: 'None.',
  roles: [],
  username: 'bob',
};
const QUERIES = ['id', 'user_id', 'account_id', 'session_id', 'sub', 'email', 'username'];

let bobs = 0;
async function newBob(): Promise<TestSession> {
  const bob = new TestClaimant(app, `bob-${bobs++}@example.com`);
  await bob.becomeActive();
  return TestSession.of(app, bob);
}

/** Every row that is Ada's, but for the times at which she was seen. */
async function rowsOfAda(): Promise<unknown> {
  const [row] = await app.db.owner<{ rows: unknown }[]>`
    select jsonb_build_object(
      'account', (select to_jsonb(account) from account where id = ${marks[0] ?? ''}::uuid),
      'address', (select to_jsonb(address) - 'claim_id' - 'claim_key_id' - 'code_length' - 'replayable_until'
                    from address where account_id = ${marks[0] ?? ''}::uuid),
      'password', (select phc from vault.account_password where account_id = ${marks[0] ?? ''}::uuid),
      'sessions', (select jsonb_agg(to_jsonb(session) - 'last_seen_at' - 'generation_is_used' order by id)
                     from session where account_id = ${marks[0] ?? ''}::uuid),
      'change', (select to_jsonb(email_change) from email_change where account_id = ${marks[0] ?? ''}::uuid),
      'tokens', (select count(*) from account_token where account_id = ${marks[0] ?? ''}::uuid)) as rows`;
  return row?.rows;
}

function asksOf(route: DocumentedRoute): readonly (() => { path: string; headers?: Record<string, string> })[] {
  const path = (mark: string): string => route.path.replaceAll(/\{\w+\}/g, encodeURIComponent(mark));
  const queries = (mark: string): string => QUERIES.map((name) => `${name}=${encodeURIComponent(mark)}`).join('&');
  return marks.flatMap((mark) => [
    () => ({ path: path(mark) }),
    () => ({ path: `${path(mark)}?${queries(mark)}` }),
    () => ({ path: path(mark), headers: Object.fromEntries(HEADERS.map((name) => [name, mark])) }),
  ]);
}

function bodyOf({ fields }: DocumentedRoute): object | undefined {
  return fields && Object.fromEntries(fields.map((name) => [name, VALUES[name]]));
}

test('there is a value for every field of every body', () => {
  const fields = new Set(routes.flatMap((route) => route.fields ?? []));
  expect([...fields].filter((name) => VALUES[name] === undefined)).toEqual([]);
});

const foundIn = ({ text }: Answer, asked: string): readonly string[] => {
  // An answer may repeat what the question said; what is looked for is what it did not say.
  const told = text.toLowerCase();
  const looked = [...marks.filter((mark) => mark.length > 3), 'lovelace', '1815-12-10', 'countess'];
  return looked.filter((mark) => !asked.includes(mark) && told.includes(mark));
};

test('with whatever names of hers, nobody sees or changes anything of another user', async () => {
  expect(routes.length).toBeGreaterThan(5);
  const before = await rowsOfAda();
  expect(before).toMatchObject({ change: { tries: 0 }, account: { deletion_effective_at: expect.any(String) } });
  const faults: string[] = [];
  let bob = await newBob();
  for (const route of routes) {
    const statuses = new Set<number>();
    for (const makeAsk of asksOf(route)) {
      if (!(await bob.isAlive())) bob = await newBob();
      const { path, headers = {} } = makeAsk();
      const body = bodyOf(route);
      const answer = await bob.ask(path, { method: route.method, headers, ...(body === undefined ? {} : { body }) });
      const asked = JSON.stringify([path, headers, body]);
      statuses.add(answer.status);
      if (answer.status >= 500) faults.push(`${route.method} ${path}: ${answer.status}`);
      if (route.path.includes('{') && answer.status < 400)
        faults.push(`${route.method} ${path}: answered ${answer.status}`);
      faults.push(...foundIn(answer, asked).map((mark) => `${route.method} ${path}: tells ${mark}`));
    }
    if (route.access === 'session' && [...statuses].every((status) => status === 422))
      faults.push(`${route.method} ${route.path}: was never asked in a form that it takes`);
  }
  expect(faults).toEqual([]);
  expect(await rowsOfAda()).toEqual(before);
  expect(await ada.isAlive()).toBe(true);
});
