import { openAdmin, openUser, type TestUser } from '#testing/admins';
import { TestClaimant } from '#testing/claimant';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { ageSession } from '#testing/time-travel';
import { workOf } from '#testing/work-of';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app.stop());

interface Entry {
  readonly id: string;
  readonly event: string;
  readonly occurred_at: string;
  readonly by: string;
  readonly source: string | null;
  readonly device_name: string | null;
  readonly reason: string | null;
}
const activity = (session: TestSession, query = ''): Promise<Answer> => session.ask(`/v1/me/activity${query}`);
const entriesOf = ({ body }: Answer): readonly Entry[] => (body as { data: readonly Entry[] }).data;
const cursorOf = ({ body }: Answer): string | null => (body as { next_cursor: string | null }).next_cursor;
const said = ({ event, by }: Entry): readonly string[] => [event, by];

let people = 0;
const user = (): Promise<TestUser> => openUser(app, `active${++people}@example.com`);

test('tells what the user did, newest first, from where and on which device', async () => {
  const { who } = await user();
  const session = await TestSession.of(app, who, { device_name: 'Pixel 9' });
  await session.ask('/v1/me/password', { method: 'PUT', body: { new_password: 'a new horse for the battery' } });
  const answer = await activity(session);
  const entries = entriesOf(answer);
  expect([answer.status, cursorOf(answer)]).toEqual([200, null]);
  expect(entries.map(said)).toEqual([
    ['password.changed', 'you'],
    ['session.created', 'you'],
    ['session.created', 'you'],
    ['registration.activated', 'you'],
    ['registration.claimed', 'you'],
  ]);
  expect(entries[1]).toEqual({
    id: expect.any(String),
    event: 'session.created',
    occurred_at: expect.stringMatching(/^2\d{3}-.*Z$/),
    by: 'you',
    source: '127.0.0.1',
    device_name: 'Pixel 9',
    reason: null,
  });
  expect(entries.map(({ source }) => source)).toEqual(Array(5).fill('127.0.0.1'));
});

test('a session that is opened by the code names its device as well', async () => {
  const ada = new TestClaimant(app, `active${++people}@example.com`);
  await ada.register();
  const { body } = await app.ask('/v1/registrations/activation', {
    body: { code: await ada.code(), create_session: true, device_name: 'Laptop' },
    as: [ada.email, ada.password],
  });
  const session = new TestSession(app, (body as { session: TestSession['tokens'] }).session);
  const [opened] = entriesOf(await activity(session, '?limit=1'));
  expect(opened).toMatchObject({ event: 'session.created', by: 'you', device_name: 'Laptop' });
});

test('what an administrator does is there, by no name and from nowhere; what the service does is there', async () => {
  const { who, id, session } = await user();
  const { session: root, id: rootId } = await openAdmin(app);
  await root.ask(`/v1/admin/users/${id}`);
  await root.ask(`/v1/admin/users?email=${who.email}`);
  await root.ask(`/v1/admin/users/${id}`, { method: 'PATCH', body: { locale: 'fr' } });
  const thief = new TestSession(app, session.tokens);
  await ageSession(app.db, session.id, 11);
  await session.renew();
  await session.isAlive();
  await ageSession(app.db, session.id, 11);
  expect((await thief.refresh()).status).toBe(401);
  const again = await TestSession.of(app, who);
  const answer = await activity(again, '?limit=5');
  expect(entriesOf(answer).map(said)).toEqual([
    ['session.created', 'you'],
    ['session.reuse_detected', 'system'],
    ['admin.user_changed', 'administrator'],
    ['admin.user_viewed', 'administrator'],
    ['admin.user_viewed', 'administrator'],
  ]);
  expect(entriesOf(answer)[2]).toMatchObject({ source: null, device_name: null, reason: null });
  for (const secret of [rootId, 'root@example.com']) expect(answer.text).not.toContain(secret);
});

test('an administrator who looks at their own account did it themselves', async () => {
  const { session: root } = await openAdmin(app, 'self@example.com');
  await root.ask('/v1/admin/users?email=self@example.com');
  expect(entriesOf(await activity(root, '?limit=1')).map(said)).toEqual([['admin.user_viewed', 'you']]);
});

test('pages follow one another without a gap, and nobody gets what is another one’s', async () => {
  const [ada, bob] = [await user(), await user()];
  await TestSession.of(app, ada.who);
  await TestSession.of(app, bob.who);
  const all = entriesOf(await activity(ada.session)).map(({ id }) => id);
  expect(all).toHaveLength(4);
  const found: string[] = [];
  let query = '?limit=1';
  for (;;) {
    const page = await activity(ada.session, query);
    found.push(...entriesOf(page).map(({ id }) => id));
    const cursor = cursorOf(page);
    if (cursor === null) break;
    query = `?limit=1&cursor=${cursor}`;
  }
  expect(found).toEqual(all);
  const ofBob = entriesOf(await activity(bob.session));
  expect(ofBob.filter(({ id }) => all.includes(id))).toEqual([]);
  const cursorOfAda = cursorOf(await activity(ada.session, '?limit=1')) ?? '';
  const mixed = entriesOf(await activity(bob.session, `?cursor=${cursorOfAda}`)).map(({ id }) => id);
  expect(mixed.filter((id) => all.includes(id))).toEqual([]);
});

test.each(['limit=0', 'limit=101', 'limit=x', 'cursor=', 'cursor=x', 'user_id=x', 'limit=1&limit=1'])(
  '?%s is refused',
  async (query) => {
    const { session } = await user();
    expect((await activity(session, `?${query}`)).status).toBe(422);
  },
);

test('wants a token, and costs two statements', async () => {
  expect((await app.ask('/v1/me/activity')).status).toBe(401);
  const { session } = await user();
  await session.isAlive();
  expect(await workOf(app, () => activity(session))).toMatchObject({ status: 200, statements: 2 });
});
