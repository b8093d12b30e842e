import { TestClaimant } from '#testing/claimant';
import { events } from '#testing/rows';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { ageSession } from '#testing/time-travel';
import { times } from '#testing/turns';
import { workOf } from '#testing/work-of';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

let people = 0;
async function active(): Promise<{ readonly ada: TestClaimant; readonly session: TestSession }> {
  const ada = new TestClaimant(app, `later${++people}@example.com`);
  if ((await ada.becomeActive()).status !== 200) throw new Error('not active');
  return { ada, session: await TestSession.of(app, ada) };
}

const PATH = '/v1/me/deletion';
const schedule = (session: TestSession, after_days: unknown = 7, key?: string): Promise<Answer> =>
  session.ask(PATH, { body: { after_days }, headers: key === undefined ? {} : { 'idempotency-key': key } });
const cancel = (session: TestSession): Promise<Answer> => session.ask(PATH, { method: 'DELETE' });
const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown } | undefined)?.code;
const timeOf = ({ body }: Answer): string => (body as { effective_at: string }).effective_at;
const set = async (session: TestSession, column: 'frozen' | 'admin'): Promise<unknown> =>
  app.db.owner`
    update account
       set changes_frozen_until = case ${column} when 'frozen' then clock_timestamp() + interval '1 hour' end,
           roles = case ${column} when 'admin' then array['admin'] else '{}' end
     where id = (select account_id from session where id = ${session.id}::uuid)`;

test('says when, tells the owner by a letter, and everything goes on until then', async () => {
  const { ada, session } = await active();
  const answer = await schedule(session, 30);
  expect([answer.status, Object.keys(answer.body as object)]).toEqual([202, ['effective_at']]);
  const [clock] = await app.db.owner<{ days: number }[]>`
    select extract(epoch from ${timeOf(answer)}::timestamptz - clock_timestamp())::float8 / 86400 as days`;
  expect(clock?.days).toBeCloseTo(30, 2);
  expect((await session.ask(PATH)).body).toEqual(answer.body);
  const { subject, text } = await ada.letter(2);
  expect(subject).toBe('Your account is going to be deleted');
  expect(text).toContain(`on ${timeOf(answer).slice(0, 16).replace('T', ' ')} UTC`);
  expect(text).toMatch(/^http\S+\/letters\/not-me\?token=[\w.-]{71}$/m);
  expect([await session.isAlive(), (await session.refresh()).status, (await ada.logIn()).status]).toEqual([
    true,
    200,
    201,
  ]);
  expect((await events(app.db)).at(-2)).toBe('account.deletion_scheduled');
});

test('is taken back, also when there is none, and can be wished for again', async () => {
  const { session } = await active();
  const none = await session.ask(PATH);
  expect([none.status, codeOf(none), (await cancel(session)).status]).toEqual([404, 'not-found', 204]);
  await schedule(session);
  const { status, text } = await cancel(session);
  expect([status, text, (await session.ask(PATH)).status]).toEqual([204, '', 404]);
  const told = (await events(app.db)).filter((event) => event === 'account.deletion_cancelled');
  expect(told).toHaveLength(1);
  expect((await schedule(session)).status).toBe(202);
});

test('there is one at a time; a key repeats its own request, and no other', async () => {
  const { session } = await active();
  const first = await schedule(session, 7, 'a-key');
  expect(await schedule(session, 7, 'a-key')).toMatchObject({ status: 202, body: first.body });
  const [again, other] = [await schedule(session), await schedule(session, 8, 'a-key')];
  expect([again.status, codeOf(again)]).toEqual([409, 'deletion-scheduled']);
  expect([other.status, codeOf(other)]).toEqual([409, 'idempotency-conflict']);
  await cancel(session);
  // Its answer may have been lost; nobody wants the account gone any more.
  expect(await schedule(session, 7, 'a-key')).toMatchObject({ status: 202, body: first.body });
  expect((await session.ask(PATH)).status).toBe(404);
  const bob = await active();
  expect((await schedule(bob.session, 8, 'a-key')).status).toBe(202);
});

test('of twenty at once one is taken', async () => {
  const { session } = await active();
  const statuses = (await times(20, () => schedule(session))).map(({ status }) => status);
  expect(statuses.sort()).toEqual([202, ...Array<number>(19).fill(409)]);
});

test('costs two statements, and so does taking it back', async () => {
  const { session } = await active();
  await session.isAlive();
  expect(await workOf(app, () => schedule(session))).toMatchObject({ status: 202, statements: 2, hashes: 0 });
  expect(await workOf(app, () => session.ask(PATH))).toMatchObject({ status: 200, statements: 2, hashes: 0 });
  expect(await workOf(app, () => cancel(session))).toMatchObject({ status: 204, statements: 2, hashes: 0 });
});

test.each([0, 31, -1, 1.5, '7', null, undefined])('%j days are none', async (after_days) => {
  const { session } = await active();
  const answer = await session.ask(PATH, { method: 'POST', body: after_days === undefined ? {} : { after_days } });
  expect(answer).toMatchObject({ status: 422, body: { errors: [{ pointer: '/after_days' }] } });
});

test.each([
  ['frozen', 403, 'changes-frozen'],
  ['admin', 409, 'last-admin'],
] as const)('is refused to who is %s', async (what, status, code) => {
  const { ada, session } = await active();
  await set(session, what);
  const answer = await schedule(session);
  expect([answer.status, codeOf(answer), (await session.ask(PATH)).status]).toEqual([status, code, 404]);
  expect(await ada.settledLetters()).toHaveLength(1);
  await app.db.owner`update account set roles = '{}'`;
});

test('wants a recent authentication; to take it back no one has to show a password', async () => {
  const { session } = await active();
  await schedule(session);
  await ageSession(app.db, session.id, 301);
  await session.renew();
  const answer = await schedule(session);
  expect([answer.status, codeOf(answer)]).toEqual([401, 'reauthentication-required']);
  expect([(await session.ask(PATH)).status, (await cancel(session)).status]).toEqual([200, 204]);
  for (const method of ['GET', 'POST', 'DELETE'])
    expect(codeOf(await app.ask(PATH, { method }))).toBe('unauthenticated');
});

test('an immediate deletion does not wait for the one to come', async () => {
  const { ada, session } = await active();
  await schedule(session);
  expect((await session.ask('/v1/me', { method: 'DELETE' })).status).toBe(200);
  expect((await ada.logIn()).status).toBe(401);
});

test('another day is told of, however soon it is chosen', async () => {
  const { ada, session } = await active();
  await schedule(session, 30);
  await cancel(session);
  const sooner = await schedule(session, 1);
  expect(sooner.status).toBe(202);
  expect((await ada.letter(3)).text).toContain(`on ${timeOf(sooner).slice(0, 16).replace('T', ' ')} UTC`);
});
