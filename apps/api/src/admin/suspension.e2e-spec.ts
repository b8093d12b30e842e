import { randomUUID } from 'node:crypto';

import { openAdmin, openUser, type TestUser } from '#testing/admins';
import { TestClaimant } from '#testing/claimant';
import { events } from '#testing/rows';
import { TestSession } from '#testing/sessions';
import { startTestApp, type Answer, type Ask, type TestApp } from '#testing/test-app';
import { ageSession } from '#testing/time-travel';
import { workOf } from '#testing/work-of';

let app: TestApp;
let root: TestSession;
let rootId: string;
beforeAll(async () => {
  app = await startTestApp();
  ({ session: root, id: rootId } = await openAdmin(app));
});
afterAll(() => app.stop());

let people = 0;
const user = (): Promise<TestUser> => openUser(app, `user${++people}@example.com`);

const codeOf = ({ body }: Answer): unknown => (body as { code?: unknown } | undefined)?.code;
const REASON = { reason: 'Spam, says everybody.' };
const suspend = (id: string, ask: Ask = {}, by = root): Promise<Answer> =>
  by.ask(`/v1/admin/users/${id}/suspension`, { body: REASON, ...ask });
const reinstate = (id: string, body?: object, by = root): Promise<Answer> =>
  by.ask(`/v1/admin/users/${id}/suspension`, { method: 'DELETE', ...(body ? { body } : {}) });
const endSessions = (id: string, body?: object, by = root): Promise<Answer> =>
  by.ask(`/v1/admin/users/${id}/sessions`, { method: 'DELETE', ...(body ? { body } : {}) });
const activityOf = async (session: TestSession, limit = 1): Promise<readonly object[]> =>
  ((await session.ask(`/v1/me/activity?limit=${limit}`)).body as { data: readonly object[] }).data;
/** Other administrators, if there are any, are none from now on. */
const onlyRoot = () => app.db.owner`update account set roles = '{}' where id <> ${rootId}::uuid`;

describe('a suspension', () => {
  test('ends every session at once, on every replica, and lets nobody in; the right password alone learns of it', async () => {
    const { who, id, session } = await user();
    const other = await TestSession.of(app, who);
    const there = await startTestApp({}, app.db);
    const elsewhere = new TestSession(there, session.tokens);
    try {
      expect(await elsewhere.isAlive()).toBe(true);
      const answer = await suspend(id);
      expect([answer.status, answer.text]).toEqual([204, '']);
      for (const one of [session, other, elsewhere]) {
        expect(codeOf(await one.ask('/v1/me'))).toBe('session-revoked');
        expect(codeOf(await one.refresh())).toBe('session-revoked');
      }
    } finally {
      await there.stop();
    }
    const right = await who.logIn();
    expect([right.status, codeOf(right)]).toEqual([403, 'account-suspended']);
    const wrong = await new TestClaimant(app, who.email, 'not the right password').logIn();
    expect([wrong.status, codeOf(wrong)]).toEqual([401, 'invalid-credentials']);
    expect((await root.ask(`/v1/admin/users/${id}`)).body).toMatchObject({
      suspended_at: expect.stringMatching(/Z$/),
      sessions: 0,
    });
  });

  test('that is ended lets the user log in again, and revives nothing', async () => {
    const { who, id, session } = await user();
    await suspend(id);
    expect((await reinstate(id, { reason: 'It was somebody else.' })).status).toBe(204);
    expect(codeOf(await session.ask('/v1/me'))).toBe('session-revoked');
    expect(codeOf(await session.refresh())).toBe('session-revoked');
    const anew = await TestSession.of(app, who);
    const [, ended, begun] = await activityOf(anew, 3);
    expect(ended).toMatchObject({ event: 'account.reinstated', by: 'administrator', reason: 'It was somebody else.' });
    expect(begun).toMatchObject({
      event: 'account.suspended',
      by: 'administrator',
      reason: REASON.reason,
      source: null,
    });
  });

  test('that is not there cannot be ended', async () => {
    const { id } = await user();
    const before = (await events(app.db)).length;
    expect(codeOf(await reinstate(id))).toBe('not-found');
    expect((await events(app.db)).length).toBe(before);
  });

  test('that is repeated is told again and lasts from the first one on', async () => {
    const { who, id } = await user();
    await suspend(id);
    const since = async () => ((await root.ask(`/v1/admin/users/${id}`)).body as { suspended_at: string }).suspended_at;
    const first = await since();
    expect((await suspend(id, { body: { reason: 'Once more.' } })).status).toBe(204);
    expect(await since()).toBe(first);
    await reinstate(id);
    const session = await TestSession.of(app, who);
    const told = (await activityOf(session, 20)).map((event) => (event as { event: string }).event);
    expect(told.filter((event) => event === 'account.suspended')).toHaveLength(2);
  });

  test('with an Idempotency-Key is made once, even when it has ended meanwhile', async () => {
    const [ada, bob] = [await user(), await user()];
    const key = { headers: { 'idempotency-key': randomUUID() } };
    expect((await suspend(ada.id, key)).status).toBe(204);
    await reinstate(ada.id);
    expect((await suspend(ada.id, key)).status).toBe(204);
    expect((await ada.who.logIn()).status).toBe(201);
    for (const [id, body] of [
      [ada.id, { reason: 'Another one.' }],
      [bob.id, REASON],
    ] as const)
      expect(codeOf(await suspend(id, { ...key, body }))).toBe('idempotency-conflict');
    expect((await bob.who.logIn()).status).toBe(201);
    expect((await suspend(ada.id, { headers: { 'idempotency-key': 'a b' } })).status).toBe(400);
  });

  test('that was refused uses up no key', async () => {
    await onlyRoot();
    const key = { headers: { 'idempotency-key': randomUUID() } };
    expect(codeOf(await suspend(rootId, key))).toBe('last-admin');
    const { session: helper } = await openAdmin(app, `helper${++people}@example.com`);
    expect((await suspend(rootId, key)).status).toBe(204);
    expect(codeOf(await root.ask('/v1/admin/users'))).toBe('session-revoked');
    expect((await reinstate(rootId, undefined, helper)).status).toBe(204);
    root = await TestSession.of(app, new TestClaimant(app, 'root@example.com'));
  });
});

test('the last administrator is not suspended; a suspended one does not count, and may be', async () => {
  await onlyRoot();
  const { session: helper, id: helperId } = await openAdmin(app, `helper${++people}@example.com`);
  expect((await suspend(helperId)).status).toBe(204);
  expect(codeOf(await helper.ask('/v1/admin/users'))).toBe('session-revoked');
  expect([(await suspend(rootId)).status, codeOf(await suspend(rootId))]).toEqual([409, 'last-admin']);
  expect((await suspend(helperId)).status).toBe(204);
  expect(await root.isAlive()).toBe(true);
});

describe('sessions', () => {
  test('of a user end, and the user may log in again', async () => {
    const { who, id, session } = await user();
    const answer = await endSessions(id, { reason: 'A lost phone.' });
    expect([answer.status, answer.text]).toEqual([204, '']);
    expect(codeOf(await session.ask('/v1/me'))).toBe('session-revoked');
    expect(codeOf(await session.refresh())).toBe('session-revoked');
    const anew = await TestSession.of(app, who);
    expect((await activityOf(anew, 2))[1]).toMatchObject({
      event: 'session.revoked',
      by: 'administrator',
      reason: 'A lost phone.',
    });
    expect((await endSessions(id)).status).toBe(204);
    expect(await anew.isAlive()).toBe(false);
  });
});

describe('each of these acts', () => {
  const ACTS: readonly [name: string, act: (id: string, body?: object, by?: TestSession) => Promise<Answer>][] = [
    ['suspension', (id, body = REASON, by = root) => suspend(id, { body }, by)],
    ['reinstatement', reinstate],
    ['end of sessions', endSessions],
  ];

  test.each(ACTS)('%s: nothing happens without the role, whoever it is aimed at', async (_name, act) => {
    const [eve, ada] = [await user(), await user()];
    const before = (await events(app.db)).length;
    for (const id of [ada.id, eve.id, rootId, randomUUID(), 'x'])
      expect(codeOf(await act(id, undefined, eve.session))).toBe('forbidden');
    expect((await events(app.db)).length).toBe(before);
    expect([await ada.session.isAlive(), await eve.session.isAlive(), await root.isAlive()]).toEqual([
      true,
      true,
      true,
    ]);
  });

  test.each(ACTS)(
    '%s: whoever was authenticated long ago has to be again, after the role was found',
    async (_name, act) => {
      const { session: admin } = await openAdmin(app, `old${++people}@example.com`);
      const [eve, ada] = [await user(), await user()];
      for (const session of [admin, eve.session]) {
        await ageSession(app.db, session.id, 301);
        await session.renew();
      }
      const answer = await act(ada.id, undefined, admin);
      expect([answer.status, codeOf(answer)]).toEqual([401, 'reauthentication-required']);
      expect(answer.headers.get('www-authenticate')).toContain('max_age=300');
      expect(codeOf(await act(ada.id, undefined, eve.session))).toBe('forbidden');
      expect((await admin.ask(`/v1/admin/users/${ada.id}`)).status).toBe(200);
      expect(await ada.session.isAlive()).toBe(true);
    },
  );

  test.each(ACTS)('%s: an unknown user is 404, once the body is found right', async (_name, act) => {
    for (const id of [randomUUID(), 'x', '%00', `${randomUUID()}x`]) {
      expect(codeOf(await act(id))).toBe('not-found');
      expect((await act(id, { reason: 7 })).status).toBe(422);
    }
  });

  test.each(ACTS)('%s: a reason is 1 to 500 characters of text', async (_name, act) => {
    const { id, session } = await user();
    for (const reason of ['', ' \n', 'x'.repeat(501), 7, ['a'], {}, '\ud800', 'a\0b'])
      expect((await act(id, { reason })).status).toBe(422);
    expect((await act(id, { reason: 'why', until: '2030-01-01' })).status).toBe(422);
    expect(await session.isAlive()).toBe(true);
    await suspend(id);
    expect((await act(id, { reason: 'ü'.repeat(500) })).status).toBe(204);
  });

  test.each(ACTS)('%s: costs three statements and no hash', async (_name, act) => {
    const { id } = await user();
    await suspend(id);
    await root.isAlive();
    expect(await workOf(app, () => act(id))).toMatchObject({ status: 204, statements: 3, hashes: 0 });
  });
});
