import { randomUUID } from 'node:crypto';

import { openAdmin, openUser, type TestUser } from '#testing/admins';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { workOf } from '#testing/work-of';

let app: TestApp;
let root: TestSession;
let rootId: string;
beforeAll(async () => {
  app = await startTestApp();
  ({ session: root, id: rootId } = await openAdmin(app));
});
afterAll(() => app.stop());

interface Party {
  readonly subject_id: string;
  readonly user_id: string | null;
}
interface Entry {
  readonly id: string;
  readonly event: string;
  readonly occurred_at: string;
  readonly subject: Party | null;
  readonly actor: Party | null;
  readonly request_id: string | null;
  readonly details: Readonly<Record<string, string>> | null;
}

const audit = (query = ''): Promise<Answer> => root.ask(`/v1/admin/audit-events${query}`);
const entriesOf = ({ body }: Answer): readonly Entry[] => (body as { data: readonly Entry[] }).data;
const cursorOf = ({ body }: Answer): string | null => (body as { next_cursor: string | null }).next_cursor;
const find = async (query: string): Promise<readonly Entry[]> => entriesOf(await audit(query));
const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown } | undefined)?.code;

let people = 0;
const user = (): Promise<TestUser> => openUser(app, `audited${++people}@example.com`);

test('tells what happened to whom, by whom, of which request, with the details opened', async () => {
  const { who, id } = await user();
  await TestSession.of(app, who, { device_name: 'Pixel 9' });
  const suspended = await root.ask(`/v1/admin/users/${id}/suspension`, { body: { reason: 'Spam.' } });
  const [suspension, session, first, activation, claim, ...others] = await find(`?user_id=${id}`);
  expect(others).toEqual([]);
  const subject = { subject_id: claim?.subject?.subject_id, user_id: id };
  expect(suspension).toEqual({
    id: expect.any(String),
    event: 'account.suspended',
    occurred_at: expect.stringMatching(/^2\d{3}-.*Z$/),
    subject,
    actor: { subject_id: expect.any(String), user_id: rootId },
    request_id: suspended.headers.get('x-request-id'),
    // Not where the administrator was: it would be sealed with the key of somebody else, and outlive them.
    details: { reason: 'Spam.' },
  });
  expect(session).toMatchObject({
    event: 'session.created',
    subject,
    actor: null,
    details: { source: '127.0.0.1', device_name: 'Pixel 9' },
  });
  expect(first).toMatchObject({ event: 'session.created', details: { email: who.email } });
  expect(activation).toMatchObject({ event: 'registration.activated', details: { email: who.email } });
  expect(claim).toMatchObject({ event: 'registration.claimed', subject, details: { email: who.email } });
});

test('whose details are shown is told so, once for a page', async () => {
  const { id, session } = await user();
  await audit(`?user_id=${id}`);
  const { data } = (await session.ask('/v1/me/activity')).body as { data: readonly object[] };
  expect(data.map((event) => (event as { event: string }).event)).toEqual([
    'admin.user_viewed',
    'session.created',
    'registration.activated',
    'registration.claimed',
  ]);
  expect(data[0]).toMatchObject({ by: 'administrator', source: null, reason: null });
});

test('after an erasure the event is there, and of nobody', async () => {
  const { who, id } = await user();
  const [before] = await find(`?user_id=${id}&event=session.created`);
  await app.db.owner`
    with gone as (delete from address where email = ${who.email} returning account_id, subject_id),
    ended as (delete from account where id = (select account_id from gone) returning subject_id)
    select count(*)::int from ended`;
  await app.db.owner`delete from audit_subject where id = ${before?.subject?.subject_id ?? ''}::uuid`;
  expect(await find(`?user_id=${id}`)).toEqual([]);
  const after = (await find('?event=session.created&limit=100')).find((entry) => entry.id === before?.id);
  expect(after).toEqual({
    ...before,
    subject: { subject_id: before?.subject?.subject_id, user_id: null },
    details: null,
  });
});

describe('filters', () => {
  test('by event, by user, by actor, and all of them together', async () => {
    const [ada, bob] = [await user(), await user()];
    const { session: helper, id: helperId } = await openAdmin(app, `helper${++people}@example.com`);
    await helper.ask(`/v1/admin/users/${ada.id}`);
    await helper.ask(`/v1/admin/users/${ada.id}/sessions`, { method: 'DELETE' });
    await helper.ask(`/v1/admin/users/${bob.id}/sessions`, { method: 'DELETE' });
    const said = async (query: string) =>
      (await find(query)).map(({ event, subject }) => [event, subject?.user_id === ada.id ? 'ada' : 'bob']);
    expect(await said(`?actor_id=${helperId}`)).toEqual([
      ['session.revoked', 'bob'],
      ['session.revoked', 'ada'],
      ['admin.user_viewed', 'ada'],
    ]);
    expect(await said(`?actor_id=${helperId}&event=session.revoked`)).toHaveLength(2);
    expect(await said(`?actor_id=${helperId}&user_id=${bob.id}`)).toEqual([['session.revoked', 'bob']]);
    expect(await said(`?actor_id=${helperId}&user_id=${ada.id}&event=session.revoked`)).toHaveLength(1);
    expect(await said(`?actor_id=${bob.id}`)).toEqual([]);
    expect(await said(`?user_id=${randomUUID()}`)).toEqual([]);
    expect(await said(`?actor_id=${randomUUID()}`)).toEqual([]);
  });

  test('by time: from is in, until is out', async () => {
    const { id } = await user();
    const all = await find(`?user_id=${id}&event=session.created`);
    const [{ occurred_at: at } = { occurred_at: '' }] = all;
    const ms = Date.parse(at);
    const around = (from: number, until: number) =>
      find(
        `?user_id=${id}&event=session.created&from=${new Date(ms + from).toISOString()}&until=${new Date(ms + until).toISOString()}`,
      );
    expect(await around(0, 1)).toEqual(all);
    expect([await around(1, 1_000), await around(-1_000, 0), await around(1, 0)]).toEqual([[], [], []]);
    expect(await find(`?event=session.created&from=2999-12-31T23:59:59Z`)).toEqual([]);
    expect(await find(`?event=session.created&until=1970-01-01T00:00:00%2B23:59`)).toEqual([]);
    expect((await find(`?from=1970-01-01T00:00:00-00:00&until=2999-01-01T00:00:00.123456Z`)).length).toBeGreaterThan(0);
  });

  test.each([
    'event=',
    'event=session',
    'event=no.such_event',
    'event=Session.created',
    `event=${'x'.repeat(60)}.created`,
    'event=session.created&event=session.revoked',
    'user_id=x',
    'user_id=',
    'actor_id=%00',
    'from=yesterday',
    'from=2026-01-01',
    'from=2026-13-01T00:00:00Z',
    'from=2026-01-01T25:00:00Z',
    'from=2026-01-01T00:00:00',
    'from=-infinity',
    'from=0000-01-01T00:00:00Z',
    'until=9999-12-31T23:59:59Z',
    'until=2026-01-01T00:00:00%2B99:99',
    'limit=0',
    'cursor=x',
    'subject=x',
  ])('?%s is refused', async (query) => {
    const answer = await audit(`?${query}`);
    expect([answer.status, codeOf(answer)]).toEqual([422, 'validation-failed']);
  });

  test('a day that no month has is one that it may be written for, and never a fault of ours', async () => {
    expect([200, 422]).toContain((await audit('?from=2026-02-30T00:00:00Z')).status);
  });
});

test('pages follow one another without a gap, newest first, while events come', async () => {
  const { id, session } = await user();
  for (let count = 0; count < 5; count++) await session.ask(`/v1/sessions/${randomUUID()}`, { method: 'DELETE' });
  const wanted = (await find(`?until=${new Date(Date.now() + 1_000).toISOString()}&limit=100`)).map(
    (entry) => entry.id,
  );
  expect(wanted.length).toBeGreaterThan(10);
  const found: string[] = [];
  let query = '?limit=3';
  for (;;) {
    const page = await audit(query);
    found.push(...entriesOf(page).map((entry) => entry.id));
    const cursor = cursorOf(page);
    if (cursor === null) break;
    query = `?limit=3&cursor=${cursor}`;
  }
  expect([...found].sort().reverse()).toEqual(found);
  expect(found.slice(-wanted.length)).toEqual(wanted);
  expect(await find(`?user_id=${id}&limit=1`)).toHaveLength(1);
});

test('costs two statements', async () => {
  await root.isAlive();
  expect(await workOf(app, () => audit())).toMatchObject({ status: 200, statements: 2 });
});
