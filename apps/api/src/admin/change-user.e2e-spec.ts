import { randomUUID } from 'node:crypto';

import { openAdmin, openUser, setAdmin, type TestUser } from '#testing/admins';
import type { TestSession } from '#testing/sessions';
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
const read = (id: string): Promise<Answer> => root.ask(`/v1/admin/users/${id}`);
const patch = (id: string, body: unknown, headers: Ask['headers'] = {}, by = root): Promise<Answer> =>
  by.ask(`/v1/admin/users/${id}`, { method: 'PATCH', body, headers });
const tagOf = ({ headers }: Answer): string => headers.get('etag') ?? 'none';
/** What was written of an account, newest first. */
const eventsOf = async (id: string): Promise<readonly string[]> =>
  (
    await app.db.owner<{ event: string }[]>`
      select event from audit_event
       where subject_id = (select subject_id from account where id = ${id}::uuid) order by id desc`
  ).map(({ event }) => event);

test('what is sent is set, what is null is taken back, all else stays', async () => {
  const { id, session } = await user();
  const before = (await read(id)).body as object;
  const fields = { username: `ada${people}`, display_name: ' Ada Lovelace ', locale: 'en-GB' };
  const set = await patch(id, fields);
  expect([set.status, set.body]).toEqual([
    200,
    { ...before, ...fields, display_name: 'Ada Lovelace', updated_at: expect.any(String) },
  ]);
  expect((await session.ask('/v1/me')).body).toMatchObject({ username: fields.username, locale: 'en-GB' });
  expect((await eventsOf(id))[0]).toBe('admin.user_changed');
  const taken = await patch(id, { username: null, locale: null });
  expect(taken.body).toMatchObject({ username: null, display_name: 'Ada Lovelace', locale: null });
  expect(await session.isAlive()).toBe(true);
});

test('a patch that changes nothing counts as a look', async () => {
  const { id } = await user();
  const before = await read(id);
  for (const nothing of [{}, { roles: [] }, { roles: null, username: null }]) {
    const answer = await patch(id, nothing);
    expect([answer.status, tagOf(answer), answer.body]).toEqual([200, tagOf(before), before.body]);
    expect((await eventsOf(id))[0]).toBe('admin.user_viewed');
  }
});

test('a role that is given counts from the next request on, and one that is taken does', async () => {
  const { id, session } = await user();
  const ask = async (): Promise<number> => (await session.ask('/v1/admin/users')).status;
  expect(await ask()).toBe(403);
  expect((await patch(id, { roles: ['admin'] })).body).toMatchObject({ roles: ['admin'] });
  expect(await ask()).toBe(200);
  expect((await patch(id, { roles: [] })).body).toMatchObject({ roles: [] });
  expect(await ask()).toBe(403);
});

test('the last administrator stays one, whoever asks; another one may go, and go by themselves', async () => {
  await app.db.owner`update account set roles = '{}' where id <> ${rootId}::uuid`;
  for (const roles of [[], null]) {
    const answer = await patch(rootId, { roles, display_name: 'Nobody' });
    expect([answer.status, codeOf(answer)]).toEqual([409, 'last-admin']);
  }
  expect((await read(rootId)).body).toMatchObject({ roles: ['admin'], display_name: null });
  expect((await patch(rootId, { roles: ['admin'] })).status).toBe(200);
  const { id, session } = await user();
  await setAdmin(app, id);
  expect((await patch(id, { roles: [] }, {}, session)).status).toBe(200);
  expect((await patch(id, { roles: ['admin'] }, {}, session)).status).toBe(403);
});

test('a user name that somebody has is 409, and nothing else of the patch is done', async () => {
  const [ada, bob] = [await user(), await user()];
  await patch(ada.id, { username: 'taken' });
  const answer = await patch(bob.id, { username: 'taken', roles: ['admin'] });
  expect([answer.status, codeOf(answer)]).toEqual([409, 'username-taken']);
  expect((await read(bob.id)).body).toMatchObject({ username: null, roles: [] });
});

test('If-Match holds for the state that it names alone, which the user changes as well', async () => {
  const { id } = await user();
  const stale = tagOf(await read(id));
  expect(stale).toMatch(/^"\d+-[0-9a-f]{12}"$/);
  const fresh = tagOf(await patch(id, { locale: 'fr' }, { 'if-match': stale }));
  expect(fresh).not.toBe(stale);
  const refused = await patch(id, { locale: 'de' }, { 'if-match': stale });
  expect([refused.status, codeOf(refused)]).toEqual([412, 'precondition-failed']);
  expect((await patch(id, { locale: 'de' }, { 'if-match': 'x' })).status).toBe(400);
  await app.db.owner`update account set display_name = 'Me' where id = ${id}::uuid`;
  expect((await patch(id, { locale: 'de' }, { 'if-match': fresh })).status).toBe(412);
  expect((await patch(id, { locale: 'de' }, { 'if-match': '*' })).status).toBe(200);
  expect((await read(id)).body).toMatchObject({ locale: 'de', display_name: 'Me' });
});

test.each([
  'id',
  'email',
  'mfa_enabled',
  'birthdate',
  'created_at',
  'suspended_at',
  'password',
  'revision',
  'sessions',
])('%s is not for administrators to set', async (field) => {
  const { id } = await user();
  const before = await read(id);
  const answer = await patch(id, { locale: 'fr', [field]: null });
  expect([answer.status, answer.body]).toMatchObject([422, { errors: [{ pointer: `/${field}` }] }]);
  expect((await read(id)).body).toEqual(before.body);
});

test.each([
  [{ username: 'Ada' }, '/username'],
  [{ username: '' }, '/username'],
  [{ display_name: '' }, '/display_name'],
  [{ display_name: 'a\nb' }, '/display_name'],
  [{ locale: 'english' }, '/locale'],
  [{ roles: 'admin' }, '/roles'],
  [{ roles: ['root'] }, '/roles'],
  [{ roles: ['admin', 'admin'] }, '/roles'],
  [{ roles: [null] }, '/roles'],
  [{ roles: {} }, '/roles'],
])('%j is not valid', async (body, pointer) => {
  const { id } = await user();
  const answer = await patch(id, body);
  expect([answer.status, answer.body]).toMatchObject([422, { errors: [{ pointer }] }]);
});

test('nobody without the role changes anybody, themselves neither, and no administrator of long ago does', async () => {
  const [eve, ada] = [await user(), await user()];
  for (const id of [eve.id, ada.id, rootId, randomUUID()])
    expect(codeOf(await patch(id, { roles: ['admin'] }, {}, eve.session))).toBe('forbidden');
  const { session: admin } = await openAdmin(app, `old${++people}@example.com`);
  await ageSession(app.db, admin.id, 301);
  await admin.renew();
  expect(codeOf(await patch(ada.id, { locale: 'fr' }, {}, admin))).toBe('reauthentication-required');
  expect((await read(ada.id)).body).toMatchObject({ roles: [], locale: null });
  for (const id of [randomUUID(), 'x', '%00']) expect(codeOf(await patch(id, {}))).toBe('not-found');
});

test('costs three statements', async () => {
  const { id } = await user();
  await root.isAlive();
  expect(await workOf(app, () => patch(id, { locale: 'fr' }))).toMatchObject({ status: 200, statements: 3 });
});
