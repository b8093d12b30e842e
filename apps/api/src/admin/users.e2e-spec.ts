import { randomUUID } from 'node:crypto';

import { openAdmin, openUser, setAdmin } from '#testing/admins';
import { TestClaimant } from '#testing/claimant';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type TestApp } from '#testing/test-app';
import { workOf } from '#testing/work-of';

let app: TestApp;
let root: TestSession;
let rootId: string;
let eve: TestSession;
beforeAll(async () => {
  app = await startTestApp();
  ({ session: root, id: rootId } = await openAdmin(app));
  ({ session: eve } = await openUser(app, 'eve@example.com'));
});
afterAll(() => app.stop());

interface Listed {
  readonly id: string;
  readonly email: string;
}
interface List {
  readonly data: readonly Listed[];
  readonly next_cursor: string | null;
}

let people = 0;
/** Somebody with an account, made in the database: it costs no hash. */
async function somebody(more: Readonly<Record<string, string>> = {}): Promise<Listed> {
  const email = `person${++people}@example.com`;
  const [row] = await app.db.owner<{ id: string }[]>`
    with subject as (insert into audit_subject (wrapped_key) values ('\\x00') returning id),
    made as (
      insert into account (subject_id, suspended_at, deletion_effective_at)
      select id, ${more.suspended ?? null}::timestamptz, ${more.leaving ?? null}::timestamptz from subject
      returning id, subject_id),
    staked as (
      insert into address (email, state, last_event, moved_at, subject_id, claim_id, claim_key_id, code_length, claimed_at,
                           letter_at, expires_at, strikes, resends)
      select ${email}, 'CLAIMED', 'claimed', clock_timestamp(), subject_id, uuid_v7(), 'k', 8, clock_timestamp(),
             clock_timestamp(), clock_timestamp() + interval '1 minute', 0, 0 from made
      returning email)
    select made.id from made, staked`;
  const id = row?.id ?? '';
  await app.db.owner`
    update address
       set state = 'ACTIVE', last_event = 'verified', moved_at = clock_timestamp(), account_id = ${id}::uuid,
           claim_id = null, claim_key_id = null, code_length = null, claimed_at = null, letter_at = null,
           expires_at = null, strikes = null, resends = null
     where email = ${email}`;
  return { id, email };
}

const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown } | undefined)?.code;
const users = (query = ''): Promise<Answer> => root.ask(`/v1/admin/users${query}`);
const idsOf = ({ body }: Answer): readonly string[] => (body as List).data.map(({ id }) => id);
const cursorOf = ({ body }: Answer): string | null => (body as List).next_cursor;
/** Who has seen whom, since the last look. */
let seenBefore = 0;
async function seen(): Promise<readonly (readonly [string, string])[]> {
  const rows = await app.db.owner<{ actor: string; user: string }[]>`
    select actor.id as actor, account.id as "user" from audit_event
      join account on account.subject_id = audit_event.subject_id
      join account as actor on actor.subject_id = audit_event.actor_id
     where event = 'admin.user_viewed' order by occurred_at, audit_event.id`;
  const news = rows.slice(seenBefore).map(({ actor, user }) => [actor, user] as const);
  seenBefore = rows.length;
  return news;
}

describe('who may not', () => {
  const ROUTES = ['/v1/admin/users', `/v1/admin/users/${randomUUID()}`, '/v1/admin/users/x', '/v1/admin/audit-events'];

  test.each(ROUTES)('see %s: nobody without a token, nor who has no role', async (path) => {
    const answers = [await app.ask(path), await eve.ask(path)];
    expect(answers.map((answer) => [answer.status, codeOf(answer)])).toEqual([
      [401, 'unauthenticated'],
      [403, 'forbidden'],
    ]);
    expect(answers[1]?.text).not.toContain('@');
  });

  test('a role that is lost is refused by the next request on any replica, and one that is given is not', async () => {
    const { id, session } = await openAdmin(app, 'bob@example.com');
    const there = await startTestApp({}, app.db);
    const elsewhere = new TestSession(there, session.tokens);
    const statuses = async () => [
      (await session.ask('/v1/admin/users')).status,
      (await elsewhere.ask('/v1/admin/users')).status,
    ];
    try {
      expect(await statuses()).toEqual([200, 200]);
      await setAdmin(app, id, false);
      expect(await statuses()).toEqual([403, 403]);
      await setAdmin(app, id);
      expect(await statuses()).toEqual([200, 200]);
    } finally {
      await there.stop();
    }
  });

  test('an unknown field or a wrong one is told after the role is found missing', async () => {
    expect((await eve.ask('/v1/admin/users?limit=x')).status).toBe(403);
    expect((await root.ask('/v1/admin/users?limit=x')).status).toBe(422);
  });
});

describe('a user', () => {
  test('is shown with what administrators need, and told that they were', async () => {
    const { who, id, session } = await openUser(app, 'ada@example.com');
    const other = await TestSession.of(app, who);
    const me = (await session.ask('/v1/me')).body as object;
    await seen();
    const answer = await root.ask(`/v1/admin/users/${id}`);
    const more = { suspended_at: null, deletion_effective_at: null, changes_frozen_until: null };
    expect([answer.status, answer.body]).toEqual([200, { ...me, ...more, sessions: 2 }]);
    expect(await seen()).toEqual([[rootId, id]]);
    await other.ask('/v1/sessions/current', { method: 'DELETE' });
    await app.db.owner`
      update account set changes_frozen_until = clock_timestamp() + interval '1 hour' where id = ${id}::uuid`;
    expect((await root.ask(`/v1/admin/users/${id.toUpperCase()}`)).body).toMatchObject({
      sessions: 1,
      changes_frozen_until: expect.stringMatching(/^2\d{3}-.*Z$/),
    });
    await app.db.owner`
      update account set changes_frozen_until = clock_timestamp() - interval '1 hour' where id = ${id}::uuid`;
    expect((await root.ask(`/v1/admin/users/${id}`)).body).toMatchObject({ changes_frozen_until: null });
  });

  test('a search that shows nobody is an event of the administrator', async () => {
    const { session, id } = await openAdmin(app, 'seeker@example.com');
    const searches = async (): Promise<number> => {
      const answer = await session.ask('/v1/me/activity');
      const { data } = answer.body as { data: readonly { event: string; by: string }[] };
      return data.filter(({ event, by }) => event === 'admin.searched' && by === 'you').length;
    };
    await session.ask(`/v1/admin/users/${id}`);
    await session.ask('/v1/admin/users?limit=1');
    await session.ask('/v1/admin/audit-events?limit=1');
    expect(await searches()).toBe(0);
    const nobody = [
      `/v1/admin/users/${randomUUID()}`,
      '/v1/admin/users?email=nobody@example.com',
      `/v1/admin/audit-events?user_id=${randomUUID()}`,
      '/v1/admin/audit-events?from=2999-01-01T00:00:00Z',
    ];
    const statuses: number[] = [];
    for (const path of nobody) statuses.push((await session.ask(path)).status);
    expect([statuses, await searches()]).toEqual([[404, 200, 200, 200], 4]);
  });

  test.each([randomUUID(), 'x', '0', "'", '%00', 'internal', `${randomUUID()}x`])(
    'who is %s is not found, and nobody is told',
    async (id) => {
      await seen();
      const answer = await root.ask(`/v1/admin/users/${id}`);
      expect([answer.status, codeOf(answer)]).toEqual([404, 'not-found']);
      expect(await seen()).toEqual([]);
    },
  );

  test('costs two statements, and so does a page of them', async () => {
    const { id } = await somebody();
    await root.isAlive();
    expect(await workOf(app, () => root.ask(`/v1/admin/users/${id}`))).toMatchObject({ status: 200, statements: 2 });
    expect(await workOf(app, () => users())).toMatchObject({ status: 200, statements: 2, hashes: 0 });
  });
});

describe('pages', () => {
  test('go from the newest to the oldest, whole and without a gap, while others come', async () => {
    for (let count = 0; count < 5; count++) await somebody();
    const all = idsOf(await users('?limit=100'));
    expect(all).toEqual([...all].sort().reverse());
    const found: string[] = [];
    let query = '?limit=2';
    for (;;) {
      const page = await users(query);
      found.push(...idsOf(page));
      await somebody();
      const cursor = cursorOf(page);
      if (cursor === null) break;
      expect(idsOf(page)).toHaveLength(2);
      query = `?limit=2&cursor=${cursor}`;
    }
    expect(found).toEqual(all);
  });

  test('have 20 users at most unless more are wanted, and each of them is told', async () => {
    while (people < 25) await somebody();
    await seen();
    const page = await users();
    expect(idsOf(page)).toHaveLength(20);
    expect([...(await seen())].sort()).toEqual(
      idsOf(page)
        .map((id) => [rootId, id])
        .sort(),
    );
    expect(idsOf(await users('?limit=100')).length).toBeGreaterThan(20);
  });

  test.each([
    ...['0', '101', '-1', '1.5', '1e1', '', ' 1', '01', 'x', '9999999999'].map((limit) => `limit=${limit}`),
    ...['', 'x', 'A'.repeat(48), 'A'.repeat(65)].map((cursor) => `cursor=${cursor}`),
    'limit=1&limit=2',
    'limit[]=1',
    'cursor=a&cursor=b',
    'email=',
    'email=x',
    'email=a@example.com,b@example.com',
    'email=%00@example.com',
    'status=',
    'status=Active',
    'status=locked',
    'status=active&status=suspended',
    'emial=ada@example.com',
    'offset=1',
  ])('?%s is refused, and nobody is told', async (query) => {
    await seen();
    const answer = await users(`?${query}`);
    expect([answer.status, codeOf(answer)]).toEqual([422, 'validation-failed']);
    expect(await seen()).toEqual([]);
  });

  test('a cursor of another list, or one that was changed, is none', async () => {
    const cursor = cursorOf(await users('?limit=1')) ?? '';
    const activity = (await root.ask('/v1/me/activity?limit=1')).body as List;
    for (const text of [`${cursor.slice(0, -1)}${cursor.endsWith('A') ? 'B' : 'A'}`, activity.next_cursor ?? '']) {
      const answer = await users(`?cursor=${text}`);
      expect([answer.status, answer.body]).toMatchObject([422, { errors: [{ pointer: '/cursor' }] }]);
    }
    expect((await users(`?cursor=${cursor}`)).status).toBe(200);
  });
});

describe('a search', () => {
  test('by address finds the one who has it, in any spelling', async () => {
    const { id, email } = await somebody();
    for (const text of [email, email.toUpperCase(), `%20${email}%09`])
      expect(idsOf(await users(`?email=${text}`))).toEqual([id]);
    expect((await users(`?email=${email}`)).body).toMatchObject({ next_cursor: null });
    expect((await users('?email=nobody@example.com')).body).toEqual({ data: [], next_cursor: null });
    expect(idsOf(await users(`?email=${email.slice(0, -1)}`))).toEqual([]);
  });

  test('finds no address that is merely claimed', async () => {
    const claimant = new TestClaimant(app, 'claimant@example.com');
    await claimant.register();
    expect(idsOf(await users('?email=claimant@example.com'))).toEqual([]);
  });

  test('by status finds those, page by page; an account may be suspended and about to go', async () => {
    const soon = new Date(Date.now() + 86_400_000).toISOString();
    const [plain, suspended] = [await somebody(), await somebody({ suspended: '2026-01-01T00:00:00Z' })];
    const [leaving, both] = [
      await somebody({ leaving: soon }),
      await somebody({ leaving: soon, suspended: '2026-01-01T00:00:00Z' }),
    ];
    const newest = (...ids: string[]): string[] => ids.sort().reverse();
    expect(idsOf(await users('?status=suspended'))).toEqual(newest(both.id, suspended.id));
    expect(idsOf(await users('?status=deletion_scheduled'))).toEqual(newest(both.id, leaving.id));
    expect(idsOf(await users('?status=active'))[0]).toBe(plain.id);
    const first = await users('?status=suspended&limit=1');
    const second = await users(`?status=suspended&limit=1&cursor=${cursorOf(first) ?? ''}`);
    expect([...idsOf(first), ...idsOf(second), cursorOf(second)]).toEqual([...newest(both.id, suspended.id), null]);
    expect(idsOf(await users(`?status=suspended&email=${both.email}`))).toEqual([both.id]);
    expect(idsOf(await users(`?status=active&email=${both.email}`))).toEqual([]);
    expect(idsOf(await users(`?status=deletion_scheduled&email=${plain.email}`))).toEqual([]);
    expect((await root.ask(`/v1/admin/users/${both.id}`)).body).toMatchObject({
      suspended_at: '2026-01-01T00:00:00.000Z',
      deletion_effective_at: soon,
    });
  });
});
